package io.millrace.trainer.teacher;

/**
 * t' = scale · t + shift. MarginMSE learns differences as they are, so the scale of the teacher is that of the student: one
 * with larger margins gives longer and denser vectors. Mapping a teacher's mean and standard deviation to those of one that
 * is known to work, t' = (t − μ) / σ · σ_ref + μ_ref, lets another be used with the same regularisation ("match mean and
 * std": SPLADE-v3, Lassance et al. 2024, §2; Decoder4LSR, §4.3).
 *
 * @param scale factor, finite and above 0, because a teacher's order must stay
 * @param shift added, finite
 */
public record AffineMap(double scale, double shift) {
    /** Leaves scores as they are. */
    public static final AffineMap IDENTITY = new AffineMap(1, 0);

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if the scale is not above 0, or one is not finite
     */
    public AffineMap {
        if (!(scale > 0) || !Double.isFinite(scale) || !Double.isFinite(shift)) {
            throw new IllegalArgumentException("scores cannot be mapped by " + scale + " · t + " + shift
                    + "; the scale must be above 0, and both finite");
        }
    }

    /**
     * The map that gives scores the mean and the standard deviation of others.
     *
     * @throws IllegalArgumentException if all scores are alike, or all of the others are
     */
    public static AffineMap matching(ScoreStatistics scores, ScoreStatistics reference) {
        return to(scores, reference.mean(), reference.standardDeviation());
    }

    /**
     * The map that gives scores a mean and a standard deviation.
     *
     * @throws IllegalArgumentException if all scores are alike, or the deviation is not above 0
     */
    public static AffineMap to(ScoreStatistics scores, double mean, double standardDeviation) {
        if (!(scores.standardDeviation() > 0)) {
            throw new IllegalArgumentException("all " + scores.count() + " scores are " + scores.mean()
                    + ", so they have no deviation to map; check what computed them");
        }
        double scale = standardDeviation / scores.standardDeviation();
        return new AffineMap(scale, mean - scale * scores.mean());
    }

    /** A score on the new scale. */
    public double apply(double score) {
        return scale * score + shift;
    }
}
