package io.millrace.trainer.regularizer;

import io.millrace.vector.SparseMatrix;

/**
 * A penalty on the vectors of one side of a batch, R in {@code λ R} (Decoder4LSR, eq. 10). Weights are at least 0, so the
 * formulas' absolute values are the weights themselves. Immutable and safe for any thread; sums run in double in a fixed order.
 */
public sealed interface Regularizer permits Flops, DfFlops, L1, AntiZero {
    /** Name in reports and recipes; says which variant it is. */
    String name();

    /**
     * The penalty of the rows.
     *
     * @param rows queries or documents [N, V]
     * @param group candidates of each query where rows are documents, in the order of the queries; 1 where they are queries
     * @param scale factor of the gradient, not of the value
     * @param gradient for each non-zero of the rows; {@code scale} × ∂R/∂weight is added
     * @return R
     */
    double add(SparseMatrix rows, int group, double scale, double[] gradient);
}
