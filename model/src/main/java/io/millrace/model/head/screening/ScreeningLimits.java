package io.millrace.model.head.screening;

/**
 * When screening starts and stops.
 *
 * @param rowsToLearn rows of states that are learned from before the first text is screened
 * @param mostSurvivors terms that screening may leave of a text and still be the faster way
 * @param rests whether it stops where texts keep more than that, and looks again now and then
 * @param deviations standard deviations of errors that a bound allows for; 0 for bounds that always hold
 */
public record ScreeningLimits(int rowsToLearn, int mostSurvivors, boolean rests, double deviations) {
    /**
     * Rows that are learned from: with 128 columns, a text of medical answers kept 494 terms after 512 rows, 421 after 1,024,
     * 395 after 2,048 and 362 after 16,000.
     */
    private static final int LEAST_ROWS = 2_048;

    /** A covariance of H columns needs a few times as many rows. */
    private static final int ROWS_PER_COLUMN = 6;

    private static final int FEWEST_ROWS_PER_COLUMN = 4;

    /** Rows that suffice to screen at all, if not well. */
    private static final int FEW_ROWS = 32;

    private static final double DEVIATIONS = 4;

    /** Computing one term that survived takes as long as some three terms in full: its row has to be fetched. */
    private static final int COST_OF_SURVIVOR = 3;

    /**
     * Screening where it is found to pay.
     *
     * @param outputs number of terms
     * @param width columns of states
     * @param share time of 8-bit products with bounds, as a share of that of fp32 products
     */
    public static ScreeningLimits measured(int outputs, int width, double share) {
        return new ScreeningLimits(
                Math.max(LEAST_ROWS, ROWS_PER_COLUMN * width),
                (int) (outputs * (1 - share) / COST_OF_SURVIVOR),
                true,
                0);
    }

    /** Screening from nearly the first text on, whether it pays or not. */
    public static ScreeningLimits forced(int outputs) {
        return new ScreeningLimits(FEW_ROWS, survivorsWorthAll(outputs), false, 0);
    }

    /**
     * The same with bounds that errors stay below with four standard deviations, for vectors that are rounded anyway. On a
     * small trained model that lost none of 140 terms of a text on 76 of 128 axes, and 0.2, with logits of at most 0.26, on 60;
     * three deviations lost one on these.
     */
    public ScreeningLimits probable() {
        return new ScreeningLimits(rowsToLearn, mostSurvivors, rests, DEVIATIONS);
    }

    /** Survivors that take as long as computing all terms. */
    static int survivorsWorthAll(long outputs) {
        return Math.toIntExact(outputs / COST_OF_SURVIVOR);
    }

    /** Whether so many rows are enough to tell the axes along which states vary. */
    static boolean tellAxes(long rows, long width) {
        return rows >= FEWEST_ROWS_PER_COLUMN * width;
    }
}
