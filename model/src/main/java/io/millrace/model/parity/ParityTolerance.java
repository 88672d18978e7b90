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
     * in another order; only a term within rounding of zero may come or go. The reduced formats have errors of their own: on
     * the usual golden texts the embedded model has a largest difference of .024 and a least cosine of .9999 in bf16, .10 and
     * .998 in int8, .61 and .950 in int4. Their bounds are about three times that, as deeper models round more often; they tell
     * a wrong model, not a poor format.
     */
    public static ParityTolerance of(Precision precision) {
        return switch (precision) {
            case FP32 -> new ParityTolerance(1e-3f, 1e-5f, 0.999_99);
            case BF16, FP16 -> new ParityTolerance(0.075f, 0.075f, 0.999);
            case INT8 -> new ParityTolerance(0.3f, 0.3f, 0.99);
            case INT4 -> new ParityTolerance(1.8f, 1.8f, 0.85);
        };
    }
}
