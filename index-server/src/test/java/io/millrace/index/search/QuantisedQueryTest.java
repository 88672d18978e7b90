package io.millrace.index.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.record.WeightScheme;
import io.millrace.vector.SparseVector;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Sums of impacts and the scores they stand for, up to the largest there can be. */
class QuantisedQueryTest {
    @Test
    void thresholdIsTheLargestSumThatScoresNoMore() {
        Random random = new Random(4);
        for (float weight : new float[] {1f, 3e-5f, 1e20f, 1e-40f, Float.MIN_VALUE, Float.MAX_VALUE}) {
            QuantisedQuery query =
                    QuantisedQuery.of(new SparseVector(new int[] {1}, new float[] {weight}), WeightScheme.uint8(2.5f));
            for (int i = 0; i < 200; i++) {
                int sum = random.nextInt() >>> random.nextInt(32);
                float score = query.score(sum);
                long limit = Integer.toUnsignedLong(query.largestSumUpTo(score));
                assertThat(limit).isGreaterThanOrEqualTo(Integer.toUnsignedLong(sum));
                assertThat(query.score((int) limit)).isLessThanOrEqualTo(score);
                if (limit < 0xFFFF_FFFFL) {
                    assertThat(query.score((int) (limit + 1))).isGreaterThan(score);
                }
            }
        }
    }

    @Test
    void largestVectorsDoNotOverflow() {
        int terms = SparseVector.MAX_NON_ZEROS;
        float[] weights = new float[terms];
        Arrays.fill(weights, 7f);
        SparseVector all = new SparseVector(IntStream.range(0, terms).toArray(), weights);
        QuantisedQuery query = QuantisedQuery.of(all, WeightScheme.uint8(7f));
        long sum = Arrays.stream(query.impacts())
                .mapToLong(impact -> impact * 255L)
                .sum();
        assertThat(sum).isEqualTo(65_536L * 255 * 255).isLessThan(1L << 32);
        assertThat(query.score((int) sum)).isEqualTo((float) all.dot(all));
    }

    @Test
    void impactsRoundAndClipButNeverVanish() {
        WeightScheme scheme = WeightScheme.uint8(2f);
        assertThat(scheme.impact(2f)).isEqualTo(255);
        assertThat(scheme.impact(1e-30f)).isEqualTo(1);
        assertThat(scheme.impact(1f)).isEqualTo(128);
        assertThat(scheme.impact(Float.MAX_VALUE)).isEqualTo(255);
        assertThat(scheme.clips(2f)).isFalse();
        assertThat(scheme.clips(Math.nextUp(2f))).isTrue();
        assertThat(WeightScheme.float32().clips(Float.MAX_VALUE)).isFalse();
    }
}
