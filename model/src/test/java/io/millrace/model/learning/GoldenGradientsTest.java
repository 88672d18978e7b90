package io.millrace.model.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.pytorch.engine.PtNDArray;
import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.model.GoldenCase;
import io.millrace.model.TextRole;
import io.millrace.model.TinyCheckpoints;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.vector.SparseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gradients of every backbone and head that is learned against torch's autograd in fp64, tensor by tensor. The recorded ones
 * were made by {@code golden_gradients.py}.
 */
class GoldenGradientsTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden-more");
    private static final double TOLERANCE = 1e-5;

    static Stream<Arguments> cases() throws IOException {
        JsonNode golden = TinyCheckpoints.json(FOLDER.resolve("golden.json")).path("cases");
        JsonNode gradients =
                TinyCheckpoints.json(FOLDER.resolve("gradients.json")).path("cases");
        List<Arguments> cases = new ArrayList<>();
        for (Map.Entry<String, JsonNode> recorded : gradients.properties()) {
            GoldenCase described = GoldenCase.described(FOLDER, recorded.getKey(), golden.path(recorded.getKey()));
            cases.add(Arguments.of(described, recorded.getValue(), 1, Remember.RESULTS));
            cases.add(Arguments.of(described, recorded.getValue(), 2, Remember.VECTORS));
        }
        return cases.stream();
    }

    @Test
    void everyFamilyIsRecorded() throws IOException {
        List<String> families = cases().map(arguments -> ((GoldenCase) arguments.get()[0])
                        .directory()
                        .getFileName()
                        .toString())
                .distinct()
                .toList();

        assertThat(families)
                .contains("bert-heads", "roberta", "distilbert", "modernbert", "bge-m3")
                .contains("llama", "mistral", "qwen2", "qwen3", "opt-tail", "flan", "t5v10");
    }

    @ParameterizedTest(name = "{0}, {2} lanes, {3}")
    @MethodSource("cases")
    void gradientsAreTorchs(GoldenCase recorded, JsonNode expected, int lanes, Remember remember) throws IOException {
        try (LearnedEncoder encoder = open(recorded, LearningOptions.whole(lanes))) {
            Encoding encoding = encoder.encode(recorded.texts(), TextRole.DOCUMENT, Optional.empty(), remember);
            SparseMatrix vectors = encoding.vectors();
            encoding.backward(slopes(vectors));

            assertThat(loss(vectors)).isCloseTo(expected.path("loss").asDouble(), within(1e-4));
            checkAll(expected.path("gradients"), encoder);
        }
    }

    static Stream<Arguments> stepped() throws IOException {
        return cases().filter(arguments ->
                ((JsonNode) arguments.get()[1]).has("losses") && (int) arguments.get()[2] == 2);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("stepped")
    void stepsAreThoseOfTorchsAdamW(GoldenCase recorded, JsonNode expected, int lanes, Remember remember)
            throws IOException {
        JsonNode steps = TinyCheckpoints.json(FOLDER.resolve("gradients.json")).path("steps");
        AdamW numbers = AdamW.DEFAULT
                .withDecay(steps.path("decay").asDouble())
                .withClip(steps.path("clip").asDouble());
        try (LearnedEncoder encoder = open(recorded, LearningOptions.whole(lanes));
                Optimizer optimizer = new Optimizer(Map.of("", encoder), numbers)) {
            for (JsonNode loss : expected.path("losses")) {
                Encoding encoding = encoder.encode(recorded.texts(), TextRole.DOCUMENT, Optional.empty(), remember);
                assertThat(loss(encoding.vectors())).isCloseTo(loss.asDouble(), within(3e-4));
                encoding.backward(slopes(encoding.vectors()));
                optimizer.step(steps.path("rate").asDouble());
            }
        }
    }

    static Stream<Arguments> language() throws IOException {
        return cases().filter(arguments -> ((JsonNode) arguments.get()[1]).has("language"));
    }

    @ParameterizedTest(name = "{0}, {2} lanes")
    @MethodSource("language")
    void crossEntropiesOfTheNextTokenAreTorchs(GoldenCase recorded, JsonNode expected, int lanes, Remember remember)
            throws IOException {
        JsonNode language = expected.path("language");
        try (LearnedEncoder encoder = open(recorded, LearningOptions.whole(lanes))) {
            LanguageLoss loss = encoder.language(recorded.texts(), new LanguageWeights(1, 0.5), Optional.empty(), 1);

            assertThat(loss.plain()).isCloseTo(language.path("plain").asDouble(), within(1e-5));
            assertThat(loss.rectified()).isCloseTo(language.path("rectified").asDouble(), within(1e-5));
            checkAll(language.path("gradients"), encoder);
        }
    }

    /** Gradients of all learned weights, held against recorded ones. */
    static void checkAll(JsonNode expected, LearnedEncoder encoder) {
        Map<String, PtNDArray> gradients = encoder.call(() -> Optimizer.sums(encoder));
        double largest = expected.properties().stream()
                .mapToDouble(entry -> entry.getValue().path("norm").asDouble())
                .max()
                .orElseThrow();
        for (Map.Entry<String, JsonNode> tensor : expected.properties()) {
            check(tensor.getKey(), tensor.getValue(), gradients, largest);
        }
    }

    private static void check(String name, JsonNode expected, Map<String, PtNDArray> gradients, double largest) {
        List<String> found = gradients.keySet().stream()
                .filter(own -> own.equals(name) || own.endsWith("." + name))
                .collect(Collectors.toList());
        assertThat(found)
                .as("gradients of %s among %s", name, gradients.keySet())
                .hasSize(1);
        float[] gradient =
                Objects.requireNonNull(gradients.get(found.getFirst())).toFloatArray();
        double square = 0;
        double along = 0;
        for (int i = 0; i < gradient.length; i++) {
            square += gradient[i] * gradient[i];
            along += gradient[i] * Math.cos(1 + 0.7 * i);
        }
        // fp32 against fp64: relative to the tensor's own gradient, or, where that is all but nothing, to the largest.
        double scale = Math.max(expected.path("norm").asDouble(), 0.01 * largest);
        assertThat(Math.sqrt(square) / scale)
                .as("norm of the gradient of %s", name)
                .isCloseTo(expected.path("norm").asDouble() / scale, within(TOLERANCE));
        assertThat(along / scale)
                .as("direction of the gradient of %s", name)
                .isCloseTo(expected.path("along").asDouble() / scale, within(TOLERANCE));
    }

    /** Derivative of the recorded loss by the weight of term v of text b: sin(1 + 3 b + v). */
    static float[] slopes(SparseMatrix vectors) {
        float[] slopes = new float[vectors.weights().length];
        for (int b = 0; b < vectors.rows(); b++) {
            for (int i = vectors.offsets()[b]; i < vectors.offsets()[b + 1]; i++) {
                slopes[i] = (float) Math.sin(1 + 3 * b + vectors.terms()[i]);
            }
        }
        return slopes;
    }

    static double loss(SparseMatrix vectors) {
        float[] slopes = slopes(vectors);
        double loss = 0;
        for (int i = 0; i < slopes.length; i++) {
            loss += slopes[i] * vectors.weights()[i];
        }
        return loss;
    }

    static LearnedEncoder open(GoldenCase recorded, LearningOptions options) throws IOException {
        try (TensorSource source = WeightFiles.open(recorded.directory())) {
            return LearnedLoader.load(
                    recorded.directory(),
                    Architectures.read(recorded.directory().resolve("config.json")),
                    source,
                    new LearnedLoader.Roles(
                            Map.of(TextRole.DOCUMENT, recorded.role()),
                            recorded.special().stream().boxed().collect(Collectors.toSet())),
                    options);
        }
    }
}
