package io.millrace.trainer.golden;

import io.millrace.trainer.batch.VectorGradients;

/**
 * How far a case is from what was recorded.
 *
 * @param value difference of the values, relative to the recorded one
 * @param gradient largest difference of a slope, relative to the largest recorded slope
 */
record Parity(double value, double gradient) {
    // What is smaller came out of cancellation, in the oracle too; differences of it are taken relative to this.
    private static final double LEAST = 1e-6;

    static Parity of(GoldenBatch batch, GoldenCase recorded) {
        VectorGradients gradients = VectorGradients.of(batch.vectors());
        double value = recorded.computed().of(batch, gradients);
        double largest = Math.max(largest(recorded.queries()), largest(recorded.documents()));
        double apart = Math.max(
                apart(gradients.queries(), recorded.queries()), apart(gradients.documents(), recorded.documents()));
        return new Parity(
                Math.abs(value - recorded.value()) / Math.max(LEAST, Math.abs(recorded.value())),
                apart / Math.max(LEAST, largest));
    }

    private static double largest(double[] slopes) {
        double largest = 0;
        for (double slope : slopes) {
            largest = Math.max(largest, Math.abs(slope));
        }
        return largest;
    }

    private static double apart(double[] slopes, double[] recorded) {
        if (slopes.length != recorded.length) {
            throw new AssertionError(slopes.length + " slopes, but " + recorded.length + " were recorded");
        }
        double apart = 0;
        for (int p = 0; p < slopes.length; p++) {
            // Not the larger of the two: NaN must not be lost.
            double difference = Math.abs(slopes[p] - recorded[p]);
            apart = difference <= apart ? apart : difference;
        }
        return apart;
    }
}
