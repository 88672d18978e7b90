package io.millrace.model.learning;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.model.GoldenCase;
import io.millrace.model.TextRole;
import io.millrace.model.TinyCheckpoints;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.backbone.Drops;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.vector.SparseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every backbone with every head that is learned: it can learn a few texts by heart, and repeats itself to the last bit. */
class EveryFamilyLearnsTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden-more");

    @TempDir
    private Path temporary;

    static Stream<GoldenCase> cases() throws IOException {
        JsonNode golden = TinyCheckpoints.json(FOLDER.resolve("golden.json")).path("cases");
        JsonNode learned =
                TinyCheckpoints.json(FOLDER.resolve("gradients.json")).path("cases");
        return learned.properties().stream()
                .map(recorded -> GoldenCase.described(FOLDER, recorded.getKey(), golden.path(recorded.getKey())));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void learnsByHeart(GoldenCase recorded) throws IOException {
        try (LearnedEncoder encoder = open(recorded);
                Optimizer optimizer = new Optimizer(Map.of("", encoder), AdamW.DEFAULT)) {
            List<Double> losses = steps(recorded, encoder, optimizer, 0, 80, Dropout.NONE);

            assertThat(losses.getLast()).isLessThan(0.3 * losses.getFirst());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void repeatsAndGoesOnToTheLastBitWithDropout(GoldenCase recorded) throws IOException {
        Dropout dropout = new Dropout(0.1, 0.1);
        Path state = temporary.resolve("state.safetensors");
        List<Double> whole;
        try (LearnedEncoder encoder = open(recorded);
                Optimizer optimizer = new Optimizer(Map.of("", encoder), AdamW.DEFAULT.withDecay(0.01))) {
            whole = new ArrayList<>(steps(recorded, encoder, optimizer, 0, 3, dropout));
            optimizer.save(state);
            whole.addAll(steps(recorded, encoder, optimizer, 3, 6, dropout));
        }

        try (LearnedEncoder encoder = open(recorded);
                Optimizer optimizer = new Optimizer(Map.of("", encoder), AdamW.DEFAULT.withDecay(0.01))) {
            assertThat(steps(recorded, encoder, optimizer, 0, 3, dropout)).isEqualTo(whole.subList(0, 3));
        }
        try (LearnedEncoder encoder = open(recorded);
                Optimizer optimizer = new Optimizer(Map.of("", encoder), AdamW.DEFAULT.withDecay(0.01))) {
            optimizer.restore(state, 3);
            assertThat(steps(recorded, encoder, optimizer, 3, 6, dropout)).isEqualTo(whole.subList(3, 6));
        }
    }

    /** Moves each weight of the first vectors to a place of its own; the loss is the mean square of what is left. */
    private static List<Double> steps(
            GoldenCase recorded, LearnedEncoder encoder, Optimizer optimizer, int from, int to, Dropout dropout) {
        List<Double> losses = new ArrayList<>();
        for (int step = from; step < to; step++) {
            Optional<Drops> drops = dropout.any()
                    ? Optional.of(new Drops(
                            step,
                            IntStream.range(0, recorded.texts().size())
                                    .asLongStream()
                                    .toArray(),
                            dropout.states(),
                            dropout.attention()))
                    : Optional.empty();
            Encoding encoding = encoder.encode(recorded.texts(), TextRole.DOCUMENT, drops, Remember.RESULTS);
            SparseMatrix vectors = encoding.vectors();
            float[] slopes = new float[vectors.weights().length];
            double loss = 0;
            for (int b = 0; b < vectors.rows(); b++) {
                for (int i = vectors.offsets()[b]; i < vectors.offsets()[b + 1]; i++) {
                    // Between 0.5 and 1.5, so that no term has to go, and none that is gone has to come back.
                    double wanted = 1 + 0.5 * Math.sin(7 * b + vectors.terms()[i]);
                    double left = vectors.weights()[i] - wanted;
                    slopes[i] = (float) (2 * left / slopes.length);
                    loss += left * left / slopes.length;
                }
            }
            encoding.backward(slopes);
            optimizer.step(3e-3);
            losses.add(loss);
        }
        return losses;
    }

    private static LearnedEncoder open(GoldenCase recorded) throws IOException {
        try (TensorSource source = WeightFiles.open(recorded.directory())) {
            return LearnedLoader.load(
                    recorded.directory(),
                    Architectures.read(recorded.directory().resolve("config.json")),
                    source,
                    new LearnedLoader.Roles(
                            Map.of(TextRole.DOCUMENT, recorded.role()),
                            recorded.special().stream().boxed().collect(Collectors.toSet())),
                    LearningOptions.whole(2));
        }
    }
}
