package io.millrace.index.search;

import io.millrace.index.record.WeightScheme;
import io.millrace.vector.SparseVector;

/** Sums that are used again, at most 768 KiB, allocated at the first search of each kind. For one search at a time. */
final class Accumulators {
    private final BlockKernel kernel;
    private double[] floats = new double[0];
    private int[] impacts = new int[0];

    Accumulators(BlockKernel kernel) {
        this.kernel = kernel;
    }

    /** A window over them; they are all zero again when its search is over. */
    ScoreWindow window(SparseVector query, WeightScheme weights) {
        if (weights.quantised()) {
            if (impacts.length == 0) {
                impacts = new int[ScoreWindow.SIZE];
            }
            return new ImpactWindow(kernel, impacts, QuantisedQuery.of(query, weights));
        }
        if (floats.length == 0) {
            floats = new double[ScoreWindow.SIZE];
        }
        return new FloatWindow(kernel, floats, query.weights());
    }
}
