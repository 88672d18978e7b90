package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.EncoderOptions.Kernels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Further families, heads and weight forms against torch, transformers and peft; see the README of the fixtures. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GoldenFamiliesTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden-more");

    private final List<GoldenCase> cases = new ArrayList<>();

    @BeforeAll
    void readCases() throws IOException {
        JsonNode golden =
                new JsonMapper().readTree(FOLDER.resolve("golden.json").toFile());
        golden.path("cases").properties().forEach(recorded -> {
            boolean vectors = recorded.getValue().has("vectors");
            boolean inferred =
                    !recorded.getValue().path("head").path("kind").asText().equals("binary");
            if (vectors && inferred) {
                cases.add(GoldenCase.described(FOLDER, recorded.getKey(), recorded.getValue()));
            }
        });
        assertThat(cases).hasSizeGreaterThan(50);
    }

    Stream<Arguments> cases() {
        return cases.stream()
                .flatMap(recorded -> Stream.of(Kernels.SCREENED, Kernels.FUSED, Kernels.UNPACKED, Kernels.PLAIN)
                        .map(form -> Arguments.of(recorded, form)));
    }

    Stream<Arguments> invariantCases() {
        return cases().filter(arguments -> !((GoldenCase) arguments.get()[0]).dependsOnTheBatch());
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
}
