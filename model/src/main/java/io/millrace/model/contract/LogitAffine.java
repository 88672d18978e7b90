package io.millrace.model.contract;

/**
 * Map applied to logits (bias included) before ReLU: {@code scale * x + shift}.
 *
 * @param scale finite and above 0, so that the largest logit stays the largest
 * @param shift finite
 */
public record LogitAffine(double scale, double shift) {
    /** Leaves logits as they are. */
    public static final LogitAffine IDENTITY = new LogitAffine(1, 0);

    /** Refuses a scale that is not above 0 and values that are not finite. */
    public LogitAffine {
        if (!(scale > 0 && scale < Double.POSITIVE_INFINITY) || !Double.isFinite(shift)) {
            throw new IllegalArgumentException("logit scale must be finite and above 0 and the shift finite, but they "
                    + "are " + scale + " and " + shift);
        }
    }
}
