package io.millrace.model.parity;

import io.millrace.model.engine.Precision;

/**
 * How far the vectors of an encoder may be from those of fp32 elsewhere.
 *
 * @param difference most that a term's weight may differ by
 * @param stray most that a term may weigh which only one of the two vectors has
 * @param minCosine least cosine of the two vectors
 */
public record ParityTolerance(float difference, float stray, double minCosine) {
    /**
     * What is right for a number format. In fp32 the terms are the same and weights equal to 1e-3, which leaves room for sums
     * in another order; only a term within rounding of zero may come or go. The reduced formats have their own error, and
     * their bounds are two to three times the largest that the embedded model shows on its golden texts; what they rule out is
     * another model, whose vectors have a cosine below .5.
     */
    public static ParityTolerance of(Precision precision) {
        return switch (precision) {
            case FP32 -> new ParityTolerance(1e-3f, 1e-5f, 0.999_99);
            case BF16, FP16 -> new ParityTolerance(0.1f, 0.1f, 0.995);
            case INT8 -> new ParityTolerance(0.25f, 0.25f, 0.98);
            case INT4 -> new ParityTolerance(1.5f, 1.5f, 0.7);
        };
    }
}
