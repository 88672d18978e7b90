package io.millrace.evaluation.significance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What SciPy and statsmodels say; {@code make_significance_golden.py} beside the file says how it was recorded. */
class SignificanceGoldenTest {
    private static JsonNode golden;

    @BeforeAll
    static void read() throws IOException {
        try (InputStream in = SignificanceGoldenTest.class.getResourceAsStream("significance_golden.json")) {
            golden = new ObjectMapper().readTree(Objects.requireNonNull(in));
        }
    }

    private static double[] doubles(JsonNode values) {
        return IntStream.range(0, values.size())
                .mapToDouble(i -> values.get(i).doubleValue())
                .toArray();
    }

    private static double[] figures(JsonNode pair, String side) {
        if (pair.has(side)) {
            return doubles(pair.get(side));
        }
        int step = side.equals("a") ? 7919 : 7907;
        int period = side.equals("a") ? 1000 : 997;
        return IntStream.range(0, pair.get("rule").intValue())
                .mapToDouble(i -> (long) i * step % period / 1000.0)
                .toArray();
    }

    @Test
    void pairedTTestsAgreeWithSciPy() {
        assertThat(golden.get("pairs").size()).isEqualTo(22);
        for (JsonNode pair : golden.get("pairs")) {
            PairedTTest test = PairedTTest.of(figures(pair, "a"), figures(pair, "b"));
            assertThat(test.t()).isCloseTo(pair.get("t").doubleValue(), withinPercentage(1e-8));
            assertThat(test.p()).isCloseTo(pair.get("p").doubleValue(), withinPercentage(1e-8));
        }
    }

    @Test
    void tailsOfStudentsTAgreeWithSciPy() {
        assertThat(golden.get("tails").size()).isEqualTo(130);
        for (JsonNode tail : golden.get("tails")) {
            double p = StudentT.twoSided(tail.get(0).doubleValue(), tail.get(1).longValue());
            assertThat(p)
                    .as(tail.toString())
                    .isCloseTo(
                            tail.get(2).doubleValue(),
                            within(1e-10 * tail.get(2).doubleValue() + 1e-300));
            assertThat(StudentT.twoSided(-tail.get(0).doubleValue(), tail.get(1).longValue()))
                    .isEqualTo(p);
        }
    }

    @Test
    void exactRandomizationTestsAgreeWithSciPy() {
        int exact = 0;
        for (JsonNode pair : golden.get("pairs")) {
            if (pair.has("randomization")) {
                RandomizationTest test = RandomizationTest.of(figures(pair, "a"), figures(pair, "b"), 1);
                assertThat(test.exact()).isTrue();
                assertThat(test.p()).isCloseTo(pair.get("randomization").doubleValue(), within(1e-12));
                exact++;
            }
        }
        assertThat(exact).isEqualTo(15);
    }

    @Test
    void correctionsAgreeWithStatsmodels() {
        for (JsonNode list : golden.get("corrections")) {
            double[] p = doubles(list.get("p"));
            for (Correction correction : Correction.values()) {
                double[] expected = correction == Correction.NONE ? p : doubles(list.get(correction.name()));
                assertThat(correction.adjust(p)).as(correction.name()).containsExactly(expected, within(1e-12));
            }
        }
    }
}
