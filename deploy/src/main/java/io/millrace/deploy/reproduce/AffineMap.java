package io.millrace.deploy.reproduce;

import java.util.Arrays;

/**
 * The map that gives one teacher's scores the mean and the standard deviation of another's: (x − μ) / σ · σ' + μ'.
 *
 * @param scale σ' / σ
 * @param shift what is added after scaling
 */
record AffineMap(double scale, double shift) {
    /**
     * The map of some scores onto others.
     *
     * @throws IllegalArgumentException if there are fewer than two of either, or those to be mapped are all the same
     */
    static AffineMap onto(double[] scores, double[] reference) {
        if (scores.length < 2 || reference.length < 2 || deviation(scores) == 0) {
            throw new IllegalArgumentException(
                    "scores are mapped by mean and deviation, which need 2 different scores of each,"
                            + " but there are " + scores.length + " and " + reference.length);
        }
        double scale = deviation(reference) / deviation(scores);
        return new AffineMap(scale, mean(reference) - scale * mean(scores));
    }

    double[] apply(double[] scores) {
        return Arrays.stream(scores).map(score -> score * scale + shift).toArray();
    }

    static double mean(double[] scores) {
        return Arrays.stream(scores).average().orElse(0);
    }

    static double deviation(double[] scores) {
        double mean = mean(scores);
        return Math.sqrt(Arrays.stream(scores)
                .map(score -> (score - mean) * (score - mean))
                .average()
                .orElse(0));
    }
}
