package io.millrace.index.search;

import io.millrace.index.record.WeightScheme;
import io.millrace.vector.SparseVector;

/**
 * A query as impacts of 1 to 255 under a scale of its own (its largest weight), and the way back from sums of impact
 * products to weights.
 *
 * <p>A sum has at most 65,536 products of at most 255 · 255: below 2^32, so it is an unsigned int.
 *
 * @param impacts impact of each query term, in the order of the query's ids
 * @param unit weight product that one impact product stands for
 */
record QuantisedQuery(int[] impacts, double unit) {
    /** Quantises a query against documents kept under {@code weights}. */
    static QuantisedQuery of(SparseVector query, WeightScheme weights) {
        float scale = 0f;
        for (float weight : query.weights()) {
            scale = Math.max(scale, weight);
        }
        int[] impacts = new int[query.size()];
        for (int i = 0; i < impacts.length; i++) {
            impacts[i] = WeightScheme.impact(query.weights()[i], scale);
        }
        double unit = (double) scale / WeightScheme.MAX_IMPACT * weights.maxWeight() / WeightScheme.MAX_IMPACT;
        return new QuantisedQuery(impacts, unit);
    }

    /** Score of an unsigned sum, in weight units. Never falls as the sum rises. */
    float score(int unsignedSum) {
        return (float) (Integer.toUnsignedLong(unsignedSum) * unit);
    }

    /** Largest unsigned sum whose score is at most {@code score}. */
    int largestSumUpTo(float score) {
        long guess = Math.clamp((long) (score / unit), 0L, 0xFFFF_FFFFL);
        long low = Math.max(0, guess - 1);
        long high = Math.min(0xFFFF_FFFFL, guess + 1);
        // The guess is off by one at most unless floats are too coarse to tell sums apart; then search them all.
        if (score((int) low) > score || (high < 0xFFFF_FFFFL && score((int) high) <= score)) {
            low = 0;
            high = 0xFFFF_FFFFL;
        }
        while (low < high) {
            long middle = (low + high + 1) >>> 1;
            if (score((int) middle) <= score) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return (int) low;
    }
}
