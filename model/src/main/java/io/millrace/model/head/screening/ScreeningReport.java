package io.millrace.model.head.screening;

/**
 * What screening has done so far.
 *
 * @param phase what it does now
 * @param axes axes of the balanced basis that products are formed on; 0 if states are screened as they are
 * @param texts texts in all
 * @param screened texts whose terms were screened
 * @param left screened texts of which too little was ruled out, so that they were computed in full
 * @param survivors terms that the others kept, and that were computed, in all
 */
public record ScreeningReport(Phase phase, int axes, long texts, long screened, long left, long survivors) {
    /** What happens to a batch. */
    public enum Phase {
        /** It is computed in full, and its states are learned from. */
        LEARNING,
        /** Its terms are screened. */
        SCREENING,
        /** It is computed in full. */
        RESTING
    }

    /** Terms that a screened text kept, on average; 0 before there was one. */
    public double survivorsPerText() {
        return screened == left ? 0 : (double) survivors / (screened - left);
    }

    /** Share of all texts of which only survivors were computed, from 0 to 1. */
    public double shareScreened() {
        return texts == 0 ? 0 : (double) (screened - left) / texts;
    }

    /** Share of the screened texts that were computed in full all the same, from 0 to 1. */
    public double shareLeft() {
        return screened == 0 ? 0 : (double) left / screened;
    }
}
