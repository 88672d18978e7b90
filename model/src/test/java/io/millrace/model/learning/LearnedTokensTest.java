package io.millrace.model.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.TinyCheckpoints;
import io.millrace.model.TinyTokenizer;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.head.TokenWeights;
import io.millrace.model.safetensors.SafetensorsWriter;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorType;
import io.millrace.vector.SparseMatrix;
import java.io.IOException;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Weights of tokens that need no model: gradients and steps against torch's, states, and checkpoints that serve them. */
class LearnedTokensTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden-more");
    private static final int TERMS = 97;

    @TempDir
    private Path temporary;

    private static JsonNode golden() throws IOException {
        return TinyCheckpoints.json(FOLDER.resolve("gradients.json"));
    }

    static Stream<String> recorded() throws IOException {
        return golden().path("tokens").properties().stream().map(Map.Entry::getKey);
    }

    private static LearnedTokens tokens(JsonNode recorded) {
        JsonNode values = recorded.path("values");
        boolean scalar = values.size() == 1;
        float[] weights = new float[TERMS];
        for (int id = 0; id < TERMS; id++) {
            weights[id] = values.path(scalar ? 0 : id).floatValue();
        }
        recorded.path("special_ids").forEach(id -> weights[id.asInt()] = 0);
        boolean counted = recorded.path("counted").asBoolean();
        HeadContract head = scalar
                ? new HeadContract.Binary(values.path(0).asDouble(), counted ? Pooling.SUM : Pooling.MAX, TERMS)
                : new HeadContract.Table("idf.json", TERMS);
        return LearnedTokens.of(head, TokenWeights.of(weights, counted), 1);
    }

    private static List<int[]> texts(JsonNode recorded) {
        List<int[]> texts = new ArrayList<>();
        for (int row = 0; row < recorded.path("input_ids").size(); row++) {
            JsonNode ids = recorded.path("input_ids").path(row);
            JsonNode mask = recorded.path("attention_mask").path(row);
            texts.add(IntStream.range(0, ids.size())
                    .filter(t -> mask.path(t).asInt() == 1)
                    .map(t -> ids.path(t).asInt())
                    .toArray());
        }
        return texts;
    }

    /** Derivative of the recorded loss by the weight of term v of text b: sin(1 + 3 b + v). */
    private static float[] slopes(SparseMatrix vectors) {
        float[] slopes = new float[vectors.weights().length];
        for (int b = 0; b < vectors.rows(); b++) {
            for (int i = vectors.offsets()[b]; i < vectors.offsets()[b + 1]; i++) {
                slopes[i] = (float) Math.sin(1 + 3 * b + vectors.terms()[i]);
            }
        }
        return slopes;
    }

    private static double loss(SparseMatrix vectors) {
        float[] slopes = slopes(vectors);
        return IntStream.range(0, slopes.length)
                .mapToDouble(i -> (double) slopes[i] * vectors.weights()[i])
                .sum();
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void gradientsAreTorchs(String name) throws IOException {
        JsonNode recorded = golden().path("tokens").path(name);
        try (LearnedTokens tokens = tokens(recorded)) {
            Encoding encoding = tokens.encode(texts(recorded), TERMS);
            encoding.backward(slopes(encoding.vectors()));
            float[] gradient = Optimizer.sums(tokens).values().iterator().next().toFloatArray();

            double along = 0;
            double square = 0;
            for (int i = 0; i < gradient.length; i++) {
                along += gradient[i] * Math.cos(1 + 0.7 * i);
                square += gradient[i] * gradient[i];
            }
            JsonNode expected = recorded.path("gradient");
            assertThat(loss(encoding.vectors())).isCloseTo(recorded.path("loss").asDouble(), within(1e-5));
            assertThat(Math.sqrt(square)).isCloseTo(expected.path("norm").asDouble(), within(1e-5));
            assertThat(along).isCloseTo(expected.path("along").asDouble(), within(1e-5));
        }
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void stepsAreThoseOfTorchsAdamW(String name) throws IOException {
        JsonNode recorded = golden().path("tokens").path(name);
        JsonNode steps = golden().path("steps");
        AdamW numbers = AdamW.DEFAULT
                .withDecay(steps.path("decay").asDouble())
                .withClip(steps.path("clip").asDouble());
        try (LearnedTokens tokens = tokens(recorded);
                Optimizer optimizer = new Optimizer(Map.of("", tokens), numbers)) {
            for (JsonNode loss : recorded.path("losses")) {
                Encoding encoding = tokens.encode(texts(recorded), TERMS);
                assertThat(loss(encoding.vectors())).isCloseTo(loss.asDouble(), within(1e-5));
                encoding.backward(slopes(encoding.vectors()));
                optimizer.step(steps.path("rate").asDouble());
            }
        }
    }

    /** A tiny model whose queries have the given head, with a table of ones to halves. */
    private Checkpoint asymmetric(HeadContract head) throws IOException {
        Checkpoint base = Checkpoint.open(
                TinyTokenizer.beside(Path.of("src/test/resources/golden/bert"), temporary.resolve("bert")));
        float[] table = new float[TERMS];
        for (int id = 0; id < TERMS; id++) {
            table[id] = 1 - 0.5f * id / TERMS;
        }
        SafetensorsWriter.write(
                base.directory().resolve("table.safetensors"),
                new TreeMap<>(Map.of(TokenWeights.TENSOR, new Tensor(List.of((long) TERMS), FloatBuffer.wrap(table)))),
                TensorType.F32);
        RoleContract document = base.contract().document();
        return Checkpoint.open(
                base.directory(),
                new EncodingContract("asymmetric", document.withHead(head), document, new TreeMap<>()));
    }

    static Stream<HeadContract> heads() {
        return Stream.of(
                new HeadContract.Table("table.safetensors", TERMS),
                new HeadContract.Binary(0.3, Pooling.MAX, TERMS),
                new HeadContract.Binary(0.3, Pooling.SUM, TERMS));
    }

    private static final List<String> QUERIES = List.of("w7 w9 w7", "w11 w50", "w90 w9 w13 w13 w13");

    /** Steps that move every weight of the queries towards 0.8; the losses. */
    private static List<Double> steps(LearningModel model, Optimizer optimizer, int count) {
        List<Double> losses = new ArrayList<>();
        for (int step = 0; step < count; step++) {
            try (Encoding encoding = encode(model)) {
                float[] weights = encoding.vectors().weights();
                float[] slopes = new float[weights.length];
                double loss = 0;
                for (int i = 0; i < weights.length; i++) {
                    slopes[i] = 2 * (weights[i] - 0.8f);
                    loss += (weights[i] - 0.8) * (weights[i] - 0.8);
                }
                encoding.backward(slopes);
                losses.add(loss);
            }
            optimizer.step(1e-3);
        }
        return losses;
    }

    private static Encoding encode(LearningModel model) {
        return model.encode(
                model.tokenize(QUERIES, TextRole.QUERY), TextRole.QUERY, Optional.empty(), Remember.RESULTS);
    }

    private static final LearningOptions OPTIONS = LearningOptions.whole(1).withTokenRate(20);

    @ParameterizedTest
    @MethodSource("heads")
    void learnsGoesOnToTheLastBitAndServesWhatWasLearned(HeadContract head) throws IOException {
        Checkpoint checkpoint = asymmetric(head);
        Path state = temporary.resolve("state.safetensors");
        Path target = temporary.resolve("learned");
        List<Double> rest;
        SparseMatrix learned;
        try (LearningModel model = LearningModel.open(checkpoint, OPTIONS);
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            double first = steps(model, optimizer, 20).getFirst();
            optimizer.save(state);
            rest = steps(model, optimizer, 20);
            assertThat(rest.getLast()).isLessThan(0.9 * first);
            try (Encoding encoding = encode(model)) {
                learned = encoding.vectors();
            }
            model.save(target, TensorType.F32, "learned");
        }

        try (LearningModel model = LearningModel.open(checkpoint, OPTIONS);
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            optimizer.restore(state, 20);
            assertThat(steps(model, optimizer, 20)).isEqualTo(rest);
        }
        try (SparseEncoder encoder = SparseEncoders.open(target, EncoderOptions.defaults())) {
            SparseMatrix served =
                    SparseMatrix.of(encoder.encode(encoder.tokenize(QUERIES, TextRole.QUERY), TextRole.QUERY), TERMS);
            assertThat(served.terms()).isEqualTo(learned.terms());
            for (int i = 0; i < served.weights().length; i++) {
                assertThat(served.weights()[i]).isCloseTo(learned.weights()[i], within(1e-6f));
            }
        }
    }

    @Test
    void staysAsItIsUnlessARateIsGiven() throws IOException {
        Checkpoint checkpoint = asymmetric(new HeadContract.Table("table.safetensors", TERMS));
        try (LearningModel model = LearningModel.open(checkpoint, LearningOptions.whole(1));
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            List<Double> losses = steps(model, optimizer, 3);

            assertThat(losses).containsOnly(losses.getFirst());
        }
    }

    @Test
    void aWeightOfAllTokensThatFellTooFarIsRefused() throws IOException {
        float[] weights = new float[TERMS];
        Arrays.fill(weights, 0.01f);
        HeadContract head = new HeadContract.Binary(0.01, Pooling.MAX, TERMS);
        try (LearnedTokens tokens = LearnedTokens.of(head, TokenWeights.of(weights, false), 1);
                Optimizer optimizer = new Optimizer(Map.of("", tokens), AdamW.DEFAULT)) {
            Encoding encoding = tokens.encode(List.of(new int[] {7, 8}), TERMS);
            encoding.backward(new float[] {1, 1});
            optimizer.step(1);

            assertThatThrownBy(() -> tokens.encode(List.of(new int[] {7, 8}), TERMS))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("must be above 0");
        }
    }
}
