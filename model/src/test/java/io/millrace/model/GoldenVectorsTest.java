package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.EncoderOptions.Kernels;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.batch.PaddedBatch;
import io.millrace.model.safetensors.SafetensorsWriter;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorType;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Vectors of tiny random models against torch and transformers, in every form of each model. The recorded outputs are in
 * {@code golden/}, or in the folder that {@code -Dmillrace.golden} names.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GoldenVectorsTest {
    private static final double PARITY = 1e-5;
    private static final double INVARIANCE = 1e-6;
    /** Plain products are summed in an order that depends on their shape, and T5's unscaled attention magnifies that. */
    private static final double PLAIN_INVARIANCE = 5e-6;

    private static final Path FOLDER = Path.of(System.getProperty("millrace.golden", "src/test/resources/golden"));
    private static final int RECORDED = 24;

    private final List<GoldenCase> cases = new ArrayList<>();

    @BeforeAll
    void readCases(@TempDir Path temporary) throws IOException {
        JsonNode golden =
                new JsonMapper().readTree(FOLDER.resolve("golden.json").toFile());
        for (String name : (Iterable<String>) () -> golden.path("cases").fieldNames()) {
            GoldenCase recorded = GoldenCase.ofName(FOLDER, golden, name);
            cases.add(name.contains(".mlp.") ? withLinear(recorded, golden, temporary) : recorded);
        }
        assertThat(cases).hasSizeGreaterThanOrEqualTo(RECORDED);
    }

    /** The recorded models leave the linear layer of an MLP head to the case. */
    private GoldenCase withLinear(GoldenCase recorded, JsonNode golden, Path temporary) throws IOException {
        String name = recorded.name();
        String model = name.substring(0, name.indexOf('.'));
        JsonNode linear = golden.path("cases").path(model + ".encdec_multi.mlp.query_sum");
        float[] weight = new float[linear.path("linear_w").size()];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = linear.path("linear_w").path(i).floatValue();
        }
        float[] bias = {linear.path("bias").floatValue()};
        Path directory = temporary.resolve(name);
        Files.createDirectories(directory);
        Files.copy(recorded.directory().resolve("config.json"), directory.resolve("config.json"));
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        try (WeightFiles files = WeightFiles.open(recorded.directory())) {
            files.tensors().forEach(tensor -> tensors.put(tensor, files.tensor(tensor)));
        }
        tensors.put("linear.weight", new Tensor(List.of(1L, (long) weight.length), FloatBuffer.wrap(weight)));
        tensors.put("linear.bias", new Tensor(List.of(1L), FloatBuffer.wrap(bias)));
        SafetensorsWriter.write(directory.resolve(WeightFiles.SINGLE), tensors, TensorType.F32);
        return new GoldenCase(
                name, directory, recorded.role(), recorded.special(), recorded.texts(), recorded.vectors());
    }

    Stream<Arguments> cases() {
        return cases.stream()
                .flatMap(recorded -> Stream.of(Kernels.SCREENED, Kernels.FUSED, Kernels.PLAIN)
                        .map(form -> Arguments.of(recorded, form)));
    }

    Stream<Arguments> invariantCases() {
        return cases().filter(arguments -> !((GoldenCase) arguments.get()[0]).dependsOnTheBatch());
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("cases")
    void equalsTheRecordedVectors(GoldenCase recorded, Kernels form) throws IOException {
        try (SparseModel model = recorded.load(form)) {
            ModelInput input = recorded.layout(0).of(recorded.texts());
            List<SparseVector> vectors = model.encode(input, TextRole.DOCUMENT);
            assertThat(recorded.vectors()).hasSize(2).allMatch(vector -> vector.size() > 3);
            VectorDistance.assertClose(vectors, recorded.vectors(), PARITY, recorded.name());
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("invariantCases")
    void doesNotDependOnCompanyOrderOrPadding(GoldenCase recorded, Kernels form) throws IOException {
        Random random = new Random(7);
        List<int[]> texts = randomTexts(recorded, random, 20);
        try (SparseModel model = recorded.load(form)) {
            List<SparseVector> alone = new ArrayList<>();
            for (int[] text : texts) {
                alone.addAll(model.encode(recorded.layout(0).of(List.of(text)), TextRole.DOCUMENT));
            }
            List<Integer> order =
                    new ArrayList<>(IntStream.range(0, texts.size()).boxed().toList());
            for (int size : new int[] {1, 2, 3, 7, texts.size()}) {
                Collections.shuffle(order, random);
                for (int from = 0; from < order.size(); from += size) {
                    List<Integer> some = order.subList(from, Math.min(from + size, order.size()));
                    InputLayout layout = recorded.layout(5);
                    List<SparseVector> together =
                            model.encode(layout.of(some.stream().map(texts::get).toList()), TextRole.DOCUMENT);
                    List<SparseVector> separate = some.stream().map(alone::get).toList();
                    // Sums grow with the text, and rounding with them: 1e-6 is of the weight where it exceeds 1.
                    double largest = separate.stream()
                            .flatMap(v -> IntStream.range(0, v.size()).mapToObj(i -> v.weights()[i]))
                            .max(Float::compare)
                            .orElse(1f);
                    VectorDistance.assertClose(
                            together,
                            separate,
                            (form == Kernels.PLAIN ? PLAIN_INVARIANCE : INVARIANCE) * Math.max(1, largest),
                            recorded.name() + " in batches of " + size);
                }
            }
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("invariantCases")
    void isBitIdenticalWhateverPaddedCellsHold(GoldenCase recorded, Kernels form) throws IOException {
        Random random = new Random(11);
        try (SparseModel model = recorded.load(form)) {
            ModelInput zeros = recorded.layout(0).of(randomTexts(recorded, random, 5));
            ModelInput noise = new ModelInput(
                    noisy(zeros.reader(), random), zeros.encoder().map(encoder -> noisy(encoder, random)));
            boolean padded = zeros.reader().width() > 1 || zeros.encoder().isPresent();
            assertThat(padded).isTrue();
            assertThat(model.encode(noise, TextRole.DOCUMENT))
                    .as(recorded.name())
                    .isEqualTo(model.encode(zeros, TextRole.DOCUMENT));
        }
    }

    /** The recorded texts and random ones of 3 to 42 tokens, with control tokens where the recorded ones have them. */
    private static List<int[]> randomTexts(GoldenCase recorded, Random random, int count) {
        List<int[]> texts = new ArrayList<>(recorded.texts());
        for (int i = 0; i < count; i++) {
            int[] text = random.ints(3 + random.nextInt(40), 3, 97).toArray();
            text[0] = recorded.texts().getFirst()[0];
            if (recorded.special().get(1)) {
                text[text.length - 1] = 1;
            }
            texts.add(text);
        }
        return texts;
    }

    private static PaddedBatch noisy(PaddedBatch batch, Random random) {
        int[] ids = batch.ids().clone();
        for (int cell = 0; cell < ids.length; cell++) {
            if (!batch.keys().get(cell) && !batch.counts().get(cell)) {
                ids[cell] = random.nextInt(97);
            }
        }
        return new PaddedBatch(batch.size(), batch.width(), ids, batch.keys(), batch.counts(), batch.targets());
    }

    /** So that a renamed file of the fixtures does not pass unnoticed. */
    @ParameterizedTest
    @MethodSource("models")
    void everyModelOfTheFixturesIsThere(String model) {
        assertThat(Optional.of(FOLDER.resolve(model).resolve("model.safetensors")))
                .hasValueSatisfying(file -> assertThat(file).isRegularFile());
    }

    static Stream<String> models() {
        return Stream.of("bert", "flan", "t5v10", "opt125", "opt350", "llama");
    }
}
