package io.millrace.index.rescore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.Corpora;
import io.millrace.vector.SparseVector;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ErrorBoundTest {
    // The largest weight of those vectors.
    private static final float SCALE = 3f;

    @Test
    void aTermThatIsKeptExactlyIsOffByHalfAStepOfTheDocument() {
        // The query's largest weight is its scale, and so has no error of its own.
        ErrorBound bound = ErrorBound.of(new SparseVector(new int[] {1}, new float[] {2f}), WeightScheme.uint8(255f));
        assertThat(bound.below()).isEqualTo(2 * .5, within(1e-9));
        assertThat(bound.above()).isEqualTo(2 * 1.0, within(1e-9));
    }

    @Test
    void noDocumentLiesOutsideTheBound() {
        WeightScheme weights = WeightScheme.uint8(SCALE);
        Random random = new Random(7);
        double closest = Double.MAX_VALUE;
        for (int i = 0; i < 20_000; i++) {
            SparseVector query = Corpora.realistic(random, 40, 1 + random.nextInt(20));
            SparseVector document = Corpora.realistic(random, 40, 1 + random.nextInt(30));
            ErrorBound bound = ErrorBound.of(query, weights);
            float score = score(query, document, weights);
            double dot = query.dot(document);
            assertThat(dot).isBetween(bound.lowest(score), bound.highest(score));
            closest = Math.min(closest, bound.highest(score) - dot);
        }
        assertThat(closest).as("the bound is not idle").isLessThan(.1);
    }

    private static float score(SparseVector query, SparseVector document, WeightScheme weights) {
        float queryScale = 0;
        for (float weight : query.weights()) {
            queryScale = Math.max(queryScale, weight);
        }
        long sum = 0;
        for (int i = 0; i < query.size(); i++) {
            float weight = document.weight(query.ids()[i]);
            sum += weight == 0f
                    ? 0
                    : (long) WeightScheme.impact(query.weights()[i], queryScale) * weights.impact(weight);
        }
        return (float) (sum * ((double) queryScale / 255 * SCALE / 255));
    }
}
