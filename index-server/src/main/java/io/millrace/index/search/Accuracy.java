package io.millrace.index.search;

/**
 * How much upper bounds are trusted. They are multiplied by these factors before they are held against the score that a document
 * must reach: at 1 nothing is lost, below it what only loose bounds keep alive is left out. Those of superblocks are looser than those
 * of blocks.
 *
 * @param superblocks factor of the bounds of superblocks, above 0 and at most 1
 * @param blocks factor of the bounds of blocks, above 0 and at most 1
 */
public record Accuracy(double superblocks, double blocks) {
    /** Nothing is lost. */
    public static final Accuracy EXACT = new Accuracy(1, 1);

    /** Lowest recall that can be aimed at. */
    public static final double LOWEST_RECALL = 0.8;

    // Recall of the ten best, measured over 231,621 passages and 1,000 questions of a SPLADE model, and the factor for
    // superblocks that gives it.
    private static final double[] RECALLS = {0.793, 0.826, 0.869, 0.904, 0.932, 0.958, 0.976, 0.987, 0.996, 0.998, 1};
    private static final double[] FACTORS = {0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 1};
    // From this factor on, bounds of blocks are trusted in full.
    private static final double FULL = 0.8;

    /** Checks the ranges. */
    public Accuracy {
        if (!(superblocks > 0 && superblocks <= 1 && blocks > 0 && blocks <= 1)) {
            throw new IllegalArgumentException("factors are " + superblocks + " and " + blocks
                    + "; they lie above 0 and at most at 1, which is exact");
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
        double superblocks = Math.min(1, FACTORS[place - 1] + share * (FACTORS[place] - FACTORS[place - 1]));
        // Bounds of blocks are close to the truth: there is little to gain from them before much is lost.
        return new Accuracy(superblocks, Math.min(1, 1 - (FULL - superblocks) / 5));
    }
}
