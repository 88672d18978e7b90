package io.millrace.trainer.loss;

/** The logarithm of a softmax, as the losses share it. */
final class Softmax {
    private Softmax() {}

    /** Turns logits into logarithms of probabilities, in place; exact however large the logits are. */
    static void logarithms(double[] logits) {
        double largest = largest(logits);
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

    /** Turns logits into probabilities, in place, with one exponential each; gives back the logarithm of the first. */
    static double probabilities(double[] logits) {
        double largest = largest(logits);
        double first = logits[0] - largest;
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            logits[i] = Math.exp(logits[i] - largest);
            sum += logits[i];
        }
        for (int i = 0; i < logits.length; i++) {
            logits[i] /= sum;
        }
        return first - Math.log(sum);
    }

    private static double largest(double[] logits) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double logit : logits) {
            largest = Math.max(largest, logit);
        }
        return largest;
    }
}
