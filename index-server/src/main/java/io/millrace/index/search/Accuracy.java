package io.millrace.index.search;

/**
 * How sure a search has to be that it leaves out nothing.
 *
 * @param alpha what upper bounds are multiplied by before they are held against the score that a document must reach, above 0 and
 *     at most 1: at 1 nothing is lost, below it blocks are skipped that only their loose bounds keep alive
 */
public record Accuracy(double alpha) {
    /** Nothing is lost. */
    public static final Accuracy EXACT = new Accuracy(1);

    /** Checks the range. */
    public Accuracy {
        if (!(alpha > 0 && alpha <= 1)) {
            throw new IllegalArgumentException(
                    "alpha is " + alpha + "; it lies above 0 and at most at 1, which is exact");
        }
    }
}
