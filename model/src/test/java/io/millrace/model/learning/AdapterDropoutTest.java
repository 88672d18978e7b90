package io.millrace.model.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.pytorch.engine.PtNDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.GoldenCase;
import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import io.millrace.model.TinyCheckpoints;
import io.millrace.model.TinyTokenizer;
import io.millrace.model.backbone.Drops;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.engine.ArrayMemory;
import io.millrace.model.safetensors.InMemoryTensors;
import io.millrace.model.safetensors.Tensor;
import io.millrace.vector.SparseMatrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Dropout of what adapters read: gradients against peft's with the same masks, and what every dropout promises. */
class AdapterDropoutTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden-more");

    @TempDir
    private Path temporary;

    static Stream<Arguments> cases() throws IOException {
        JsonNode golden = TinyCheckpoints.json(FOLDER.resolve("golden.json")).path("cases");
        JsonNode recorded = TinyCheckpoints.json(FOLDER.resolve("dropout.json"));
        return recorded.path("cases").properties().stream().flatMap(entry -> {
            GoldenCase described = GoldenCase.described(FOLDER, entry.getKey(), golden.path(entry.getKey()));
            return Stream.of(Remember.RESULTS, Remember.VECTORS)
                    .map(remember -> Arguments.of(described, recorded, entry.getValue(), remember));
        });
    }

    @ParameterizedTest(name = "{0}, {3}")
    @MethodSource("cases")
    void gradientsAreThoseOfPeftWithTheSameMasks(
            GoldenCase recorded, JsonNode file, JsonNode expected, Remember remember) throws IOException {
        List<String> targets = StreamSupport.stream(expected.path("targets").spliterator(), false)
                .map(JsonNode::asText)
                .toList();
        AdapterOptions adapter =
                new AdapterOptions(file.path("rank").asInt(), file.path("alpha").asDouble(), targets, 0.25);
        Drops drops = new Drops(
                file.path("seed").asLong(),
                IntStream.range(0, recorded.texts().size()).asLongStream().toArray(),
                0,
                0,
                file.path("share").asDouble());
        try (LearnedEncoder encoder = open(recorded, adapter)) {
            encoder.weights().learned().forEach(AdapterDropoutTest::begin);
            Encoding encoding = encoder.encode(recorded.texts(), TextRole.DOCUMENT, Optional.of(drops), remember);
            SparseMatrix vectors = encoding.vectors();
            encoding.backward(GoldenGradientsTest.slopes(vectors));

            assertThat(GoldenGradientsTest.loss(vectors))
                    .isCloseTo(expected.path("loss").asDouble(), within(1e-4));
            checkAll(expected.path("gradients"), encoder);
        }
    }

    /** Factors as the generator has them. */
    private static void begin(String name, PtNDArray factor) {
        float[] values = new float[Math.toIntExact(factor.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (0.05 * Math.sin(1 + 0.37 * i + name.length()));
        }
        List<Long> shape = Arrays.stream(factor.getShape().getShape()).boxed().toList();
        Tensor tensor = new Tensor(shape, FloatBuffer.wrap(values));
        ArrayMemory.fill(factor, new InMemoryTensors("factors", new TreeMap<>(Map.of(name, tensor))), name);
    }

    private static void checkAll(JsonNode expected, LearnedEncoder encoder) {
        Map<String, PtNDArray> gradients = encoder.call(() -> Optimizer.sums(encoder));
        assertThat(gradients.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        expected.properties().stream().map(Map.Entry::getKey).toList());
        GoldenGradientsTest.checkAll(expected, encoder);
    }

    private static LearnedEncoder open(GoldenCase recorded, AdapterOptions adapter) throws IOException {
        return GoldenGradientsTest.open(
                recorded, new LearningOptions(2, Dropout.NONE, List.of(), Optional.of(adapter)));
    }

    private Checkpoint tiny() throws IOException {
        return Checkpoint.open(
                TinyTokenizer.beside(Path.of("src/test/resources/golden/bert"), temporary.resolve("bert")));
    }

    private static LearningOptions options(double dropout, List<String> targets) {
        return new LearningOptions(
                2, new Dropout(0.1, 0.1), List.of(), Optional.of(new AdapterOptions(4, 8, targets, dropout)));
    }

    private static final List<String> TARGETS = List.of("query", "value", "dense");

    private static final List<String> TEXTS =
            List.of("w7 w9 w7", "w11 w50 w60 w61", "w90 w9 w13 w13 w13", "w20", "w31 w32 w33 w34 w35 w36");

    /** Lets every weight grow towards 1; the vectors of each step. */
    private static List<List<Float>> steps(
            LearningModel model, Optimizer optimizer, int from, int to, Remember remember) {
        List<List<Float>> seen = new ArrayList<>();
        List<int[]> texts = model.tokenize(TEXTS, TextRole.DOCUMENT);
        for (int step = from; step < to; step++) {
            try (Encoding encoding = model.encode(texts, TextRole.DOCUMENT, Optional.of(new Draw(3, step)), remember)) {
                float[] weights = encoding.vectors().weights();
                float[] slopes = new float[weights.length];
                List<Float> values = new ArrayList<>();
                for (int i = 0; i < weights.length; i++) {
                    slopes[i] = weights[i] - 1;
                    values.add(weights[i]);
                }
                encoding.backward(slopes);
                seen.add(values);
            }
            optimizer.step(1e-2);
        }
        return seen;
    }

    @Test
    void computingAgainAndGoingOnGiveTheSameBits() throws IOException {
        Checkpoint checkpoint = tiny();
        Path state = temporary.resolve("state.safetensors");
        List<List<Float>> whole;
        try (LearningModel model = LearningModel.open(checkpoint, options(0.2, TARGETS));
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            whole = new ArrayList<>(steps(model, optimizer, 0, 3, Remember.RESULTS));
            optimizer.save(state);
            whole.addAll(steps(model, optimizer, 3, 5, Remember.RESULTS));
        }

        try (LearningModel model = LearningModel.open(checkpoint, options(0.2, TARGETS));
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            assertThat(steps(model, optimizer, 0, 3, Remember.VECTORS)).isEqualTo(whole.subList(0, 3));
        }
        try (LearningModel model = LearningModel.open(checkpoint, options(0.2, TARGETS));
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            optimizer.restore(state, 3);
            assertThat(steps(model, optimizer, 3, 5, Remember.RESULTS)).isEqualTo(whole.subList(3, 5));
        }
        try (LearningModel model = LearningModel.open(checkpoint, options(0, TARGETS));
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            // B begins as zeros, so the first step alone is the same.
            List<List<Float>> without = steps(model, optimizer, 0, 3, Remember.RESULTS);
            assertThat(without.get(0)).isEqualTo(whole.get(0));
            assertThat(without.get(2)).isNotEqualTo(whole.get(2));
        }
    }

    @ParameterizedTest(name = "dropout {0}")
    @ValueSource(doubles = {0, 0.2})
    void garbageCollectedBetweenForthAndBackChangesNothing(double dropout) throws IOException {
        Checkpoint checkpoint = tiny();
        try (LearningModel model = LearningModel.open(checkpoint, options(dropout, TARGETS));
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            double quiet = normOfAStep(model, optimizer, false);
            assertThat(quiet).isPositive();
            for (int i = 0; i < 3; i++) {
                assertThat(normOfAStep(model, optimizer, true)).isEqualTo(quiet);
            }
        }
    }

    /** Norm of the gradients of one step that changes no weight. */
    private static double normOfAStep(LearningModel model, Optimizer optimizer, boolean collects) {
        List<int[]> texts = model.tokenize(TEXTS, TextRole.DOCUMENT);
        try (Encoding encoding =
                model.encode(texts, TextRole.DOCUMENT, Optional.of(new Draw(3, 0)), Remember.RESULTS)) {
            float[] slopes = new float[encoding.vectors().weights().length];
            Arrays.fill(slopes, 1);
            List<ByteBuffer> others = collects ? takeFreedMemory() : List.of();
            encoding.backward(slopes);
            assertThat(others).allMatch(buffer -> buffer.get(0) == 0);
        }
        return optimizer.step(0);
    }

    /** Frees what buffers nobody refers to held, and takes it for others. */
    private static List<ByteBuffer> takeFreedMemory() {
        List<ByteBuffer> others = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            System.gc();
            for (int i = 0; i < 20_000; i++) {
                others.add(ByteBuffer.allocateDirect(1 + i % 64));
            }
        }
        return others;
    }

    @Test
    void isSavedAsPeftSpellsIt() throws IOException {
        Path target = temporary.resolve("adapter");
        try (LearningModel model = LearningModel.open(tiny(), options(0.05, List.of("query")))) {
            model.saveAdapter(target);
        }

        JsonNode saved =
                new JsonMapper().readTree(target.resolve("adapter_config.json").toFile());
        assertThat(saved.path("lora_dropout").asDouble()).isEqualTo(0.05);
    }

    @Test
    void isRefusedWhereNoLayerReads() throws IOException {
        Checkpoint checkpoint = tiny();
        assertThatThrownBy(() -> LearningModel.open(checkpoint, options(0.1, List.of("position_embeddings"))))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("position_embeddings.weight with dropout");
        assertThatThrownBy(() -> LearningModel.open(checkpoint, options(0, List.of("word_embeddings"))))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("whose rows states are multiplied with");
        assertThatThrownBy(() -> new AdapterOptions(4, 8, List.of("query"), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("below 1");
    }
}
