package io.millrace.index.rescore;

import io.millrace.index.record.WeightScheme;
import io.millrace.vector.SparseVector;

/**
 * How far a score of impacts may lie from the dot product of the weights. With q and w the weights of query and document, and q̃
 * and w̃ what their impacts stand for,
 *
 * <pre>q·w − q̃·w̃ = q·(w − w̃) + (q − q̃)·w̃</pre>
 *
 * where w − w̃ is at most half a step of the documents' scale and w̃ at most that scale. Summed over the terms of the query, this
 * bounds every document, unless its weights were clipped.
 *
 * @param below most that a dot product lies above the score of impacts
 * @param above most that it lies below it
 */
record ErrorBound(double below, double above) {
    // Scores are floats: half a step of 2^-24, of the score and of the dot product.
    private static final double ROUNDING = 0x1p-22;

    /** The bound of a query. */
    static ErrorBound of(SparseVector query, WeightScheme weights) {
        float queryScale = 0f;
        for (float weight : query.weights()) {
            queryScale = Math.max(queryScale, weight);
        }
        double scale = weights.maxWeight();
        double step = scale / WeightScheme.MAX_IMPACT;
        double below = 0;
        double above = 0;
        for (float weight : query.weights()) {
            double kept = (double) WeightScheme.impact(weight, queryScale) * queryScale / WeightScheme.MAX_IMPACT;
            below += weight * step / 2 + Math.max(0, weight - kept) * scale;
            // A weight below half a step is kept as a whole one.
            above += weight * step + Math.max(0, kept - weight) * scale;
        }
        return new ErrorBound(below, above);
    }

    /** Largest dot product of a document whose score of impacts is at most this. */
    double highest(float score) {
        return score * (1 + ROUNDING) + below;
    }

    /** Smallest dot product of a document whose score of impacts is at least this. */
    double lowest(float score) {
        return score * (1 - ROUNDING) - above;
    }
}
