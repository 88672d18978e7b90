package io.millrace.model.head.learned;

/**
 * Terms that a vector lacks but should have.
 *
 * @param terms ascending, none of them in the vector
 * @param gradients of the loss by each one's weight, as if the weight were the logit
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record MissingTerms(int[] terms, float[] gradients) {
    /** None. */
    public static final MissingTerms NONE = new MissingTerms(new int[0], new float[0]);

    /** Refuses terms without a gradient. */
    public MissingTerms {
        if (terms.length != gradients.length) {
            throw new IllegalArgumentException(
                    terms.length + " missing terms have " + gradients.length + " gradients; give each its own");
        }
    }
}
