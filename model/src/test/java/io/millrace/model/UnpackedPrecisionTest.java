package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.device.Placement;
import io.millrace.model.engine.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Number formats over weights as they are stored, the form of GPUs, computed on the CPU. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UnpackedPrecisionTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden-more");

    private final List<GoldenCase> cases = new ArrayList<>();

    @BeforeAll
    void readCases() throws IOException {
        JsonNode golden =
                new JsonMapper().readTree(FOLDER.resolve("golden.json").toFile());
        List<String> models = new ArrayList<>();
        golden.path("cases").properties().forEach(recorded -> {
            String model = recorded.getValue().path("model").asText();
            boolean mlm = recorded.getValue().path("head").path("kind").asText().equals("mlm");
            if (recorded.getValue().has("vectors") && mlm && !models.contains(model)) {
                models.add(model);
                cases.add(GoldenCase.described(FOLDER, recorded.getKey(), recorded.getValue()));
            }
        });
        assertThat(cases).hasSizeGreaterThan(8);
    }

    Stream<Arguments> roundedCases() {
        return cases.stream()
                .flatMap(recorded -> Stream.of(
                        Arguments.of(recorded, Precision.BF16, 0.1), Arguments.of(recorded, Precision.FP16, 0.01)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("roundedCases")
    void roundingToSixteenBitsMovesWeightsALittle(GoldenCase recorded, Precision precision, double tolerance)
            throws IOException {
        try (SparseModel model = recorded.load(precision, Placement.CPU_UNPACKED)) {
            var vectors = model.encode(recorded.layout(0).of(recorded.texts()), TextRole.DOCUMENT);
            VectorDistance.assertClose(vectors, recorded.vectors(), tolerance, recorded.name());
            assertThat(IntStream.range(0, vectors.size())
                            .mapToDouble(i -> VectorDistance.largest(
                                    vectors.get(i), recorded.vectors().get(i)))
                            .max()
                            .orElse(0))
                    .as("rounding must show, or something else was computed")
                    .isGreaterThan(1e-6);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"INT8", "INT4"})
    void integersNeedTheLibrariesOfCpus(Precision precision) {
        assertThatThrownBy(() -> cases.getFirst().load(precision, Placement.CPU_UNPACKED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(precision.label())
                .hasMessageContaining("fp32, bf16 or fp16");
    }
}
