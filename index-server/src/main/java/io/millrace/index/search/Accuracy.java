package io.millrace.index.search;

/**
 * How much upper bounds are trusted. They are multiplied by these factors before they are held against the score that a document
 * must reach: at 1 nothing is lost, below it what only loose bounds keep alive is left out. Those of chunks are looser than those
 * of blocks.
 *
 * @param chunks factor of the bounds of chunks, above 0 and at most 1
 * @param blocks factor of the bounds of blocks, above 0 and at most 1
 */
public record Accuracy(double chunks, double blocks) {
    /** Nothing is lost. */
    public static final Accuracy EXACT = new Accuracy(1, 1);

    /** Lowest recall that can be aimed at. */
    public static final double LOWEST_RECALL = 0.8;

    // Recall of the ten best, measured over 231,621 passages and 500 questions of a SPLADE model, and the factor for
    // chunks
    // that gives it.
    private static final double[] RECALLS = {0.84, 0.87, 0.903, 0.924, 0.952, 0.969, 0.98, 0.993, 0.9996, 1};
    private static final double[] FACTORS = {0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 1};

    /** Checks the ranges. */
    public Accuracy {
        if (!(chunks > 0 && chunks <= 1 && blocks > 0 && blocks <= 1)) {
            throw new IllegalArgumentException(
                    "factors are " + chunks + " and " + blocks + "; they lie above 0 and at most at 1, which is exact");
        }
    }

    /**
     * What finds about this share of the exact result.
     *
     * @param recall {@value #LOWEST_RECALL} to 1
     */
    public static Accuracy aimingAt(double recall) {
        if (!(recall >= LOWEST_RECALL && recall <= 1)) {
            throw new IllegalArgumentException(
                    "recall is " + recall + "; aim at " + LOWEST_RECALL + " to 1, which is exact");
        }
        int place = 1;
        while (place < RECALLS.length - 1 && RECALLS[place] < recall) {
            place++;
        }
        double share = (recall - RECALLS[place - 1]) / (RECALLS[place] - RECALLS[place - 1]);
        double chunks = Math.min(1, FACTORS[place - 1] + share * (FACTORS[place] - FACTORS[place - 1]));
        // Bounds of blocks are close to the truth: there is little to gain from them before much is lost.
        return new Accuracy(chunks, Math.min(1, 1 - (FACTORS[FACTORS.length - 2] - chunks) / 5));
    }
}
