package io.millrace.trainer.regularizer;

import io.millrace.vector.SparseMatrix;

/**
 * Σᵥ (meanᵢ |Rᵢᵥ|)²: a smooth stand-in for the terms a query and a document share (Paria et al. 2020, arXiv 2004.05665; SPLADE).
 * It presses on terms by how much they are used in the whole batch.
 *
 * @param grouping over which rows it averages
 * @param masked rows with at most so many non-zeros are left in peace, and still counted in the mean (ℓ0-masked FLOPS, Shen et
 *     al. 2025, arXiv 2504.14839; there 150 for documents); 0 for none
 */
public record Flops(RowGrouping grouping, int masked) implements Regularizer {
    /** @throws IllegalArgumentException if the number of non-zeros is negative */
    public Flops {
        if (masked < 0) {
            throw new IllegalArgumentException(
                    "rows with at most " + masked + " non-zeros would be masked; give 0 for no mask, or more");
        }
    }

    /** The definition. */
    public Flops() {
        this(RowGrouping.TOGETHER, 0);
    }

    @Override
    public String name() {
        return "flops" + grouping.suffix() + (masked == 0 ? "" : "_l0_" + masked);
    }

    @Override
    public double add(SparseMatrix rows, int group, double scale, double[] gradient) {
        return new MeanSquares(grouping, masked, null).add(rows, group, scale, gradient);
    }
}
