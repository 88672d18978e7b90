package io.millrace.trainer.regularizer;

import io.millrace.vector.SparseMatrix;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Σₖ wₖ Σᵥ cᵥ (mean over the rows i of kind k of Rᵢᵥ)²: what all forms of FLOPS have in common.
 *
 * @param grouping kinds k of rows and their weights
 * @param masked rows with at most so many non-zeros count as empty, and still in the mean
 * @param coefficients cᵥ [V], or null for 1
 */
record MeanSquares(RowGrouping grouping, int masked, double @Nullable [] coefficients) {
    double add(SparseMatrix rows, int group, double scale, double[] gradient) {
        double[] means = new double[rows.columns()];
        double value = 0;
        for (int kind = 0; kind < grouping.kinds(group); kind++) {
            Arrays.fill(means, 0);
            int count = 0;
            for (int row = 0; row < rows.rows(); row++) {
                if (grouping.kindOf(row % group) != kind) {
                    continue;
                }
                count++;
                if (counts(rows, row)) {
                    for (int p = rows.offsets()[row]; p < rows.offsets()[row + 1]; p++) {
                        means[rows.terms()[p]] += rows.weights()[p];
                    }
                }
            }
            double weight = grouping.weight(kind, group);
            double sum = 0;
            for (int term = 0; term < means.length; term++) {
                double mean = means[term] / count;
                double pull = coefficients == null ? mean : coefficients[term] * mean;
                sum += pull * mean;
                means[term] = 2 * scale * weight * pull / count; // from here on the slope of each weight of the term
            }
            value += weight * sum;
            for (int row = 0; row < rows.rows(); row++) {
                if (grouping.kindOf(row % group) == kind && counts(rows, row)) {
                    for (int p = rows.offsets()[row]; p < rows.offsets()[row + 1]; p++) {
                        gradient[p] += means[rows.terms()[p]];
                    }
                }
            }
        }
        return value;
    }

    private boolean counts(SparseMatrix rows, int row) {
        return rows.offsets()[row + 1] - rows.offsets()[row] > masked;
    }
}
