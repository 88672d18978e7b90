package io.millrace.model.learning;

/**
 * Numbers of AdamW (Loshchilov and Hutter 2019).
 *
 * @param first β₁, share of the running mean that stays
 * @param second β₂, share of the running mean of squares that stays
 * @param epsilon added to the root of the latter
 * @param decay what is taken off weights, times the rate, at each step; biases and norms keep theirs
 * @param clip largest Euclidean norm of all gradients together; above it they are scaled down. 0 for none
 */
public record AdamW(double first, double second, double epsilon, double decay, double clip) {
    /** What transformers takes: β .9 and .999, ε 1e-8, no decay, norm 1. */
    public static final AdamW DEFAULT = new AdamW(0.9, 0.999, 1e-8, 0, 1);

    /** Refuses what makes no sense. */
    public AdamW {
        if (!(first >= 0 && first < 1 && second >= 0 && second < 1 && epsilon > 0 && decay >= 0 && clip >= 0)) {
            throw new IllegalArgumentException("AdamW takes betas in [0, 1), an epsilon above 0, and decay and clip of "
                    + "at least 0, but they are " + first + ", " + second + ", " + epsilon + ", " + decay + " and "
                    + clip);
        }
    }

    /** The same with another decay. */
    public AdamW withDecay(double other) {
        return new AdamW(first, second, epsilon, other, clip);
    }

    /** The same with another largest norm. */
    public AdamW withClip(double other) {
        return new AdamW(first, second, epsilon, decay, other);
    }
}
