package io.millrace.trainer.regularizer;

import io.millrace.vector.SparseMatrix;

/**
 * 1 / (Σᵢᵥ Rᵢᵥ)²: grows as the vectors of a side vanish. naver/splade's trainer adds it for queries and for documents, with
 * weight 1 from the first step on. Where a side is empty altogether it is infinite and has no gradient, since a ReLU passes
 * none there: it slows a collapse and cannot undo one.
 */
public record AntiZero() implements Regularizer {
    @Override
    public String name() {
        return "anti_zero";
    }

    @Override
    public double add(SparseMatrix rows, int group, double scale, double[] gradient) {
        int nonZeros = rows.offsets()[rows.rows()];
        double sum = 0;
        for (int p = 0; p < nonZeros; p++) {
            sum += rows.weights()[p];
        }
        double slope = -2 * scale / (sum * sum * sum);
        for (int p = 0; p < nonZeros; p++) {
            gradient[p] += slope;
        }
        return 1 / (sum * sum);
    }
}
