package io.millrace.model.head.screening;

import io.millrace.model.head.screening.ScreeningReport.Phase;

/**
 * When to screen: after having learned from some rows of states, and for as long as texts keep fewer terms than screening
 * saves. Beyond that it rests, and looks again now and then, because other texts may come. Safe for many threads.
 */
final class ScreeningPolicy {
    /** Texts that the average reaches back over: few enough to stop a waste soon, enough not to stop for one odd text. */
    private static final int MEMORY = 64;

    /** Batches of the first rest; each rest that brought nothing is followed by one twice as long. */
    private static final int FIRST_REST = 64;

    private static final int LONGEST_REST = 8_192;

    private final ScreeningLimits limits;
    private Phase phase = Phase.LEARNING;
    private int rowsLearned;
    private int rest = FIRST_REST;
    private int batchesToRest;
    private double average;

    ScreeningPolicy(ScreeningLimits limits) {
        this.limits = limits;
    }

    /** What is to happen to a batch; a rest gets shorter by it. */
    synchronized Phase next() {
        if (phase == Phase.RESTING && batchesToRest-- == 0) {
            phase = Phase.LEARNING;
            rowsLearned = 0;
        }
        return phase;
    }

    /** What happens now. */
    synchronized Phase phase() {
        return phase;
    }

    /** Counts rows that were put aside; true, once, when they are enough and the caller shall learn from them. */
    synchronized boolean learned(int rows) {
        boolean before = rowsLearned >= limits.rowsToLearn();
        rowsLearned += rows;
        return phase == Phase.LEARNING && !before && rowsLearned >= limits.rowsToLearn();
    }

    /** What was learned is in place. */
    synchronized void ready() {
        phase = Phase.SCREENING;
        average = limits.mostSurvivors() / 2.0;
    }

    /**
     * Takes note of a screened batch.
     *
     * @param survivors terms that each text kept; what takes as long as the whole for one that was left
     */
    synchronized void observe(int[] survivors) {
        for (int kept : survivors) {
            average += (kept - average) / MEMORY;
        }
        if (phase != Phase.SCREENING || !limits.rests()) {
            return;
        }
        if (average > limits.mostSurvivors()) {
            phase = Phase.RESTING;
            batchesToRest = rest;
            rest = Math.min(2 * rest, LONGEST_REST);
        } else if (average < limits.mostSurvivors() / 4.0) {
            rest = FIRST_REST;
        }
    }
}
