package io.millrace.index.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccuracyTest {
    @Test
    void aimingAtAllIsExact() {
        assertThat(Accuracy.aimingAt(1)).isEqualTo(Accuracy.EXACT);
    }

    @Test
    void aimingLowerTrustsBoundsLess() {
        Accuracy last = Accuracy.EXACT;
        for (double recall = 0.995; recall >= Accuracy.LOWEST_RECALL; recall -= 0.005) {
            Accuracy accuracy = Accuracy.aimingAt(recall);
            assertThat(accuracy.superblocks()).isLessThan(last.superblocks()).isPositive();
            assertThat(accuracy.blocks()).isLessThanOrEqualTo(last.blocks()).isGreaterThan(0.9);
            last = accuracy;
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.79, 1.01, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void otherRecallsAreRefused(double recall) {
        assertThatThrownBy(() -> Accuracy.aimingAt(recall))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("aim at 0.8 to 1");
    }
}
