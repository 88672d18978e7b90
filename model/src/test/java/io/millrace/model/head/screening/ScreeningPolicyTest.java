package io.millrace.model.head.screening;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.head.screening.ScreeningReport.Phase;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ScreeningPolicyTest {
    private static final ScreeningLimits LIMITS = new ScreeningLimits(1_000, 7_000, true, 0);

    private static int[] texts(int survivors) {
        int[] kept = new int[4];
        Arrays.fill(kept, survivors);
        return kept;
    }

    private static ScreeningPolicy screening(ScreeningLimits limits) {
        ScreeningPolicy policy = new ScreeningPolicy(limits);
        assertThat(policy.learned(limits.rowsToLearn())).isTrue();
        policy.ready();
        return policy;
    }

    /** Batches until the policy leaves a phase. */
    private static int batchesOf(Phase phase, ScreeningPolicy policy, int survivors) {
        int batches = 0;
        while (policy.next() == phase) {
            batches++;
            policy.observe(texts(survivors), 0);
            assertThat(batches).isLessThan(100_000);
        }
        return batches;
    }

    @Test
    void learnsFirstAndTellsOneCallerToDoIt() {
        ScreeningPolicy policy = new ScreeningPolicy(LIMITS);
        assertThat(policy.next()).isEqualTo(Phase.LEARNING);
        assertThat(policy.learned(999)).isFalse();
        assertThat(policy.learned(1)).isTrue();
        assertThat(policy.learned(500)).isFalse();
        assertThat(policy.next()).isEqualTo(Phase.LEARNING);
        policy.ready();
        assertThat(policy.next()).isEqualTo(Phase.SCREENING);
    }

    @Test
    void goesOnWhileTextsKeepFewTermsAndForgivesAnOddOne() {
        ScreeningPolicy policy = screening(LIMITS);
        for (int i = 0; i < 1_000; i++) {
            assertThat(policy.next()).isEqualTo(Phase.SCREENING);
            policy.observe(i % 50 == 0 ? new int[] {10_000} : texts(100), 0);
        }
    }

    @Test
    void restsWithinSomeTextsOnceItNoLongerPays() {
        ScreeningPolicy policy = screening(LIMITS);
        assertThat(batchesOf(Phase.SCREENING, policy, 10_000)).isLessThan(30);
        assertThat(policy.phase()).isEqualTo(Phase.RESTING);
    }

    @Test
    void looksAgainEverLessOftenAndComesBackWhenTextsChange() {
        ScreeningPolicy policy = screening(LIMITS);
        int before = 0;
        for (int i = 0; i < 5; i++) {
            batchesOf(Phase.SCREENING, policy, 10_000);
            int rest = batchesOf(Phase.RESTING, policy, 0);
            assertThat(rest).isGreaterThan(before);
            before = rest;
            assertThat(policy.phase()).isEqualTo(Phase.LEARNING);
            assertThat(policy.learned(1_000)).isTrue();
            policy.ready();
        }
        for (int i = 0; i < 200; i++) {
            policy.observe(texts(50), 0);
        }
        assertThat(policy.next()).isEqualTo(Phase.SCREENING);
        batchesOf(Phase.SCREENING, policy, 10_000);
        assertThat(batchesOf(Phase.RESTING, policy, 0)).isLessThan(before / 4);
    }

    @Test
    void learnsFromMoreTextsWhereManyAreUnlikeThoseItLearnedFromButNotForEver() {
        ScreeningPolicy policy = screening(LIMITS);
        for (int stride = 1; stride <= 8; stride *= 2) {
            assertThat(policy.stride()).isEqualTo(stride);
            // One text of 32 is left.
            for (int i = 0; i < 64; i++) {
                assertThat(policy.next()).isEqualTo(Phase.SCREENING);
                policy.observe(texts(300), i % 8 == 0 ? 1 : 0);
            }
            if (stride < 8) {
                assertThat(policy.next()).isEqualTo(Phase.LEARNING);
                assertThat(policy.learned(999)).isFalse();
                assertThat(policy.learned(1)).isTrue();
                policy.ready();
            }
        }
        assertThat(policy.next()).isEqualTo(Phase.SCREENING);
    }

    @Test
    void oneTextOfAHundredIsLeftWithoutAnotherLesson() {
        ScreeningPolicy policy = screening(LIMITS);
        for (int i = 0; i < 1_000; i++) {
            assertThat(policy.next()).isEqualTo(Phase.SCREENING);
            policy.observe(texts(300), i % 25 == 0 ? 1 : 0);
        }
    }

    @Test
    void neverRestsWhereItIsForced() {
        ScreeningPolicy policy = screening(ScreeningLimits.forced(30_522));
        for (int i = 0; i < 1_000; i++) {
            policy.observe(texts(10_174), 4);
            assertThat(policy.next()).isEqualTo(Phase.SCREENING);
        }
    }
}
