package io.millrace.model.learning;

/**
 * What share of values training leaves out by chance (Srivastava et al. 2014), the rest being scaled up.
 *
 * @param states of hidden states: behind the embedding, and of what each block adds, in [0, 1)
 * @param attention of attention's weights, in [0, 1)
 */
public record Dropout(double states, double attention) {
    /** Nothing is left out. */
    public static final Dropout NONE = new Dropout(0, 0);

    /** Refuses shares outside [0, 1). */
    public Dropout {
        if (!(states >= 0 && states < 1 && attention >= 0 && attention < 1)) {
            throw new IllegalArgumentException("dropout is " + states + " of states and " + attention
                    + " of attention's weights, but must be at least 0 and below 1");
        }
    }

    /** Whether anything is left out. */
    public boolean any() {
        return states > 0 || attention > 0;
    }
}
