package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.EncoderOptions.Kernels;
import io.millrace.model.safetensors.SafetensorsWriter;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorType;
import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
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
                name, directory, List.of(), recorded.role(), recorded.special(), recorded.texts(), recorded.vectors());
    }

    Stream<Arguments> cases() {
        return cases.stream()
                .flatMap(recorded -> Stream.of(Kernels.SCREENED, Kernels.FUSED, Kernels.UNPACKED, Kernels.PLAIN)
                        .map(form -> Arguments.of(recorded, form)));
    }

    Stream<Arguments> invariantCases() {
        return cases().filter(arguments -> !((GoldenCase) arguments.get()[0]).dependsOnTheBatch());
    }

    Stream<Arguments> casesWithUnseenCells() {
        return cases().filter(arguments -> arguments.get()[0].toString().contains("padded_repeat"));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("cases")
    void equalsTheRecordedVectors(GoldenCase recorded, Kernels form) throws IOException {
        GoldenChecks.equalsTheRecordedVectors(recorded, form);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("invariantCases")
    void doesNotDependOnCompanyOrderOrPadding(GoldenCase recorded, Kernels form) throws IOException {
        GoldenChecks.doesNotDependOnCompanyOrderOrPadding(recorded, form);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("casesWithUnseenCells")
    void isBitIdenticalWhateverUnseenCellsHold(GoldenCase recorded, Kernels form) throws IOException {
        GoldenChecks.isBitIdenticalWhateverUnseenCellsHold(recorded, form);
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
