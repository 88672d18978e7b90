package io.millrace.model.learning;

/** What is kept of an encoding for the way back. */
public enum Remember {
    /** Nothing: there is no way back. */
    NOTHING,
    /** Every intermediate result; memory grows with the texts. */
    RESULTS,
    /**
     * The vectors alone; the way back computes each chunk of texts again, with the same draws, so that memory stays that of
     * one chunk (GradCache, Gao et al. 2021). The gradients are the same.
     */
    VECTORS
}
