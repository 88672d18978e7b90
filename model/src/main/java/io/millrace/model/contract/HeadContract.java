package io.millrace.model.contract;

/**
 * How logits become weights.
 *
 * @param pooling over the positions of a text
 * @param saturation after ReLU
 * @param logits map before ReLU
 * @param specialTokens whether control tokens count in pooling
 * @param outputs number of terms, ids [0, outputs); rows of the projection beyond them belong to no term and are left
 *     out
 */
public record HeadContract(
        Pooling pooling, Saturation saturation, LogitAffine logits, SpecialTokenPolicy specialTokens, int outputs) {
    /** Refuses an empty vocabulary. */
    public HeadContract {
        if (outputs < 1) {
            throw new IllegalArgumentException("outputs is " + outputs + ", but a head has at least 1 term");
        }
    }
}
