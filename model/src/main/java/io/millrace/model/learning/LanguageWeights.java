package io.millrace.model.learning;

/**
 * What adapting a language model to a sparse head minimises (CSPLADE, §3.1): the cross-entropy of the next token, plus λ times
 * that of log(1 + ReLU(logits)) in place of the logits, which keeps logits above 0 alive.
 *
 * @param plain weight of the first
 * @param rectified λ
 */
public record LanguageWeights(double plain, double rectified) {
    /** The paper's. */
    public static final LanguageWeights CSPLADE = new LanguageWeights(1, 1);

    /** Refuses weights below 0, and nothing to minimise. */
    public LanguageWeights {
        if (!(plain >= 0 && rectified >= 0 && plain + rectified > 0 && plain + rectified < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("weights of the cross-entropies are " + plain + " and " + rectified
                    + "; they must be finite and at least 0, and one above");
        }
    }
}
