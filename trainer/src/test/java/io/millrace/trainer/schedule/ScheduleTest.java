package io.millrace.trainer.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScheduleTest {
    @ParameterizedTest
    @EnumSource(Ramp.Counting.class)
    void rampsRiseToOneAndStayThere(Ramp.Counting counting) {
        for (Ramp.Shape shape : Ramp.Shape.values()) {
            Ramp ramp = new Ramp(shape, 100, counting);
            double previous = 0;
            for (int step = 0; step < 200; step++) {
                assertThat(ramp.factor(step)).isBetween(previous, 1.0);
                previous = ramp.factor(step);
            }
            assertThat(ramp.factor(100)).isEqualTo(1);
            assertThat(ramp.factor(Long.MAX_VALUE - 1)).isEqualTo(1);
            assertThat(new Ramp(shape, 0, counting).factor(0)).isEqualTo(1);
        }
    }

    @Test
    void theFirstStepIsCountedAsNamed() {
        assertThat(new Ramp(Ramp.Shape.QUADRATIC, 4, Ramp.Counting.NAVER).factor(0))
                .isEqualTo(1 / 16.0);
        assertThat(new Ramp(Ramp.Shape.QUADRATIC, 3, Ramp.Counting.NAVER_HF).factor(0))
                .isEqualTo(1 / 16.0);
        assertThat(new Ramp(Ramp.Shape.QUADRATIC, 4, Ramp.Counting.LSR).factor(0))
                .isZero();
    }

    @Test
    void ratesEndAtZeroAndDoNotComeBack() {
        for (LearningRate.Decay decay :
                new LearningRate.Decay[] {LearningRate.Decay.LINEAR, LearningRate.Decay.COSINE}) {
            LearningRate rate = new LearningRate(decay, 1e-3, 10, 100);
            assertThat(rate.at(10)).isEqualTo(1e-3);
            assertThat(rate.at(100)).isZero();
            assertThat(rate.at(150)).isZero();
        }
        assertThat(new LearningRate(LearningRate.Decay.CONSTANT, 1e-3, 0, 100).at(150))
                .isEqualTo(1e-3);
    }

    @Test
    void aShareOfWarmupIsRoundedUp() {
        assertThat(LearningRate.withWarmupShare(LearningRate.Decay.LINEAR, 1, 0.05, 101)
                        .warmupSteps())
                .isEqualTo(6);
        assertThat(LearningRate.withWarmupShare(LearningRate.Decay.LINEAR, 1, 0, 101)
                        .warmupSteps())
                .isZero();
    }

    @Test
    void numbersOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new Ramp(Ramp.Shape.LINEAR, -1, Ramp.Counting.LSR))
                .hasMessageContaining("-1 steps");
        assertThatThrownBy(() -> Ramp.NONE.factor(-1)).hasMessageContaining("step -1");
        assertThatThrownBy(() -> new LearningRate(LearningRate.Decay.LINEAR, -1, 0, 1))
                .hasMessageContaining("learning rate is -1.0");
        assertThatThrownBy(() -> new LearningRate(LearningRate.Decay.LINEAR, Double.NaN, 0, 1))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> new LearningRate(LearningRate.Decay.LINEAR, 1, -1, 1))
                .hasMessageContaining("warm-up of -1 steps");
        assertThatThrownBy(() -> new LearningRate(LearningRate.Decay.LINEAR, 1, 0, 0))
                .hasMessageContaining("training of 0");
        assertThatThrownBy(() -> new LearningRate(LearningRate.Decay.LINEAR, 1, 0, 5).at(-3))
                .hasMessageContaining("step -3");
        assertThatThrownBy(() -> LearningRate.withWarmupShare(LearningRate.Decay.LINEAR, 1, 1.5, 5))
                .hasMessageContaining("1.5 of the training");
    }
}
