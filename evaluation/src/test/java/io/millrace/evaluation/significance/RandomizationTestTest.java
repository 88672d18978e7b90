package io.millrace.evaluation.significance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RandomizationTestTest {
    private static double[][] pairs(int queries, double shift, long seed) {
        Random random = new Random(seed);
        double[][] figures = new double[2][queries];
        for (int i = 0; i < queries; i++) {
            figures[0][i] = random.nextDouble();
            figures[1][i] = figures[0][i] - shift + 0.3 * random.nextGaussian();
        }
        return figures;
    }

    @Test
    void aSampleComesCloseToTheWhole() {
        // 21 queries that differ are one too many to try all; the 21st differs by so little that it changes nothing.
        double[][] few = pairs(20, 0.1, 3);
        RandomizationTest exact = RandomizationTest.of(few[0], few[1], 1);
        double[] ours = java.util.Arrays.copyOf(few[0], 21);
        double[] theirs = java.util.Arrays.copyOf(few[1], 21);
        ours[20] = 1e-15;
        RandomizationTest sampled = RandomizationTest.of(ours, theirs, 1);
        assertThat(exact.exact()).isTrue();
        assertThat(exact.exchanges()).isEqualTo(1 << 20);
        assertThat(sampled.exact()).isFalse();
        // Five standard errors of a sample of 100,000.
        assertThat(sampled.p()).isCloseTo(exact.p(), within(5 * Math.sqrt(exact.p() / RandomizationTest.SAMPLE)));
    }

    @Test
    void isTheSameForASeedAndEitherOrder() {
        double[][] many = pairs(200, 0.03, 4);
        RandomizationTest test = RandomizationTest.of(many[0], many[1], 2_000, 9);
        assertThat(RandomizationTest.of(many[0], many[1], 2_000, 9)).isEqualTo(test);
        assertThat(RandomizationTest.of(many[1], many[0], 2_000, 9).p()).isEqualTo(test.p());
        assertThat(RandomizationTest.of(many[0], many[1], 2_000, 10).p()).isNotEqualTo(test.p());
    }

    @Test
    void isNeverZeroAndOneWhereNothingDiffers() {
        double[][] far = pairs(200, 5, 5);
        assertThat(RandomizationTest.of(far[0], far[1], 999, 1).p()).isEqualTo(1.0 / 1_000);
        assertThat(RandomizationTest.of(far[0], far[0], 999, 1).p()).isEqualTo(1);
        double[][] two = pairs(2, 5, 5);
        assertThat(RandomizationTest.of(two[0], two[1], 1).p()).isEqualTo(0.5);
    }

    @Test
    void sumsThatAreEqualButForTheirLastBitsCountAsEqual() {
        // 0.1 + 0.2 − 0.3 is not 0 in doubles: every exchange is as extreme as the one seen.
        double[] ours = {0.1, 0.2, 0};
        double[] theirs = {0, 0, 0.3};
        assertThat(RandomizationTest.of(ours, theirs, 1).p()).isEqualTo(1);
    }

    @Test
    void falseAlarmsAreAsRareAsTheySay() {
        int alarms = 0;
        for (int round = 0; round < 400; round++) {
            double[][] same = pairs(12, 0, 1_000 + round);
            alarms += RandomizationTest.of(same[0], same[1], 1).p() <= 0.05 ? 1 : 0;
        }
        // 20 expected, standard deviation 4.4.
        assertThat(alarms).isBetween(5, 38);
    }

    @Test
    void refusesWhatCannotBeCompared() {
        assertThatThrownBy(() -> RandomizationTest.of(new double[1], new double[2], 1))
                .hasMessageContaining("has 1 queries and the other 2");
        assertThatThrownBy(() -> RandomizationTest.of(new double[0], new double[0], 1))
                .hasMessageContaining("needs 1 query");
        assertThatThrownBy(() -> PairedTTest.of(new double[] {Double.NaN, 1}, new double[2]))
                .hasMessageContaining("query number 1 are NaN and 0.0");
        assertThatThrownBy(() -> PairedTTest.of(new double[1], new double[1]))
                .hasMessageContaining("2 queries or more");
        assertThatThrownBy(() -> Correction.HOLM.adjust(new double[] {0.5, Double.NaN}))
                .hasMessageContaining("p-value is NaN");
    }

    @Test
    void aTTestOfPairsThatDoNotDifferSaysSo() {
        assertThat(PairedTTest.of(new double[] {0.5, 0.25}, new double[] {0.5, 0.25})
                        .p())
                .isEqualTo(1);
        PairedTTest always = PairedTTest.of(new double[] {0.75, 0.5}, new double[] {0.5, 0.25});
        assertThat(always.t()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(always.p()).isZero();
    }
}
