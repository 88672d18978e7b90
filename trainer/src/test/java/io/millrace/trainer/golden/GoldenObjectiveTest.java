package io.millrace.trainer.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Losses, penalties and whole objectives, with their gradients, against float64 autograd of PyTorch and the code of
 * sentence-transformers. Sums are in double on both sides; only a whole objective's slopes are rounded to floats.
 */
class GoldenObjectiveTest {
    private static final double VALUE = 1e-9;
    private static final double GRADIENT = 1e-9;
    private static final double ROUNDED_GRADIENT = 1e-7;

    @TestFactory
    Stream<DynamicTest> everyLossAndPenaltyIsThatOfTheOracleWithItsGradient() throws IOException {
        return GoldenBatch.all().stream()
                .map(batch -> dynamicTest(batch.name(), () -> {
                    assertThat(batch.cases()).isNotEmpty();
                    for (GoldenCase recorded : batch.cases()) {
                        Parity parity = Parity.of(batch, recorded);
                        boolean rounded = recorded.name().startsWith("whole");
                        assertThat(parity.value())
                                .as("value of %s", recorded.name())
                                .isLessThan(VALUE);
                        assertThat(parity.gradient())
                                .as("gradient of %s", recorded.name())
                                .isLessThan(rounded ? ROUNDED_GRADIENT : GRADIENT);
                    }
                }));
    }

    @Test
    void everyVariantIsAmongTheCases() throws IOException {
        List<String> names = GoldenBatch.all().stream()
                .flatMap(batch -> batch.cases().stream())
                .map(GoldenCase::name)
                .distinct()
                .toList();

        assertThat(names).hasSizeGreaterThan(60);
        assertThat(names).anyMatch(name -> name.endsWith("ids known"));
        assertThat(names)
                .contains(
                        "margin_mse",
                        "margin_mse_all_ordered",
                        "all_pairs_in_batch_nll",
                        "all_pairs_positive_against_each",
                        "all_pairs_teacher_ordered",
                        "flops",
                        "flops_positives_and_negatives",
                        "flops_decoder4lsr",
                        "flops_by_candidate",
                        "flops_l0_12",
                        "df_flops",
                        "df_flops_outside",
                        "l1",
                        "anti_zero",
                        "whole objective of SPLADE-v3");
    }
}
