package io.millrace.trainer.regularizer;

import io.millrace.vector.SparseMatrix;

/** meanᵢ Σᵥ |Rᵢᵥ|: presses on every weight alike; SPLADE-v3's for queries. */
public record L1() implements Regularizer {
    @Override
    public String name() {
        return "l1";
    }

    @Override
    public double add(SparseMatrix rows, int group, double scale, double[] gradient) {
        int nonZeros = rows.offsets()[rows.rows()];
        double sum = 0;
        for (int p = 0; p < nonZeros; p++) {
            sum += rows.weights()[p];
            gradient[p] += scale / rows.rows();
        }
        return sum / rows.rows();
    }
}
