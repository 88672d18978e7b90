package io.millrace.trainer.loss;

/** The logarithm of a softmax, as the losses share it. */
final class Softmax {
    private Softmax() {}

    /** Turns logits into logarithms of probabilities, in place; exact however large the logits are. */
    static void logarithms(double[] logits) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double logit : logits) {
            largest = Math.max(largest, logit);
        }
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit - largest);
        }
        // Subtracted one after the other: their sum would lose the small one's digits.
        double rest = Math.log(sum);
        for (int i = 0; i < logits.length; i++) {
            logits[i] = logits[i] - largest - rest;
        }
    }
}
