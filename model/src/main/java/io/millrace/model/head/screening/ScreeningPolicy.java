package io.millrace.model.head.screening;

import io.millrace.model.head.screening.ScreeningReport.Phase;

/**
 * When to screen: after having learned from some rows of states, and for as long as texts keep fewer terms than screening
 * saves. Beyond that it rests, and looks again now and then, because other texts may come. Where it has to leave too many texts
 * whose states are unlike those it learned from, it learns again, from more texts. Safe for many threads.
 */
final class ScreeningPolicy {
    /** Texts that the average reaches back over: few enough to stop a waste soon, enough not to stop for one odd text. */
    private static final int MEMORY = 64;

    /** Batches of the first rest; each rest that brought nothing is followed by one twice as long. */
    private static final int FIRST_REST = 64;

    private static final int LONGEST_REST = 8_192;

    /** Texts after which those that were left are counted, and the share of them that is worth another lesson. */
    private static final int TERM = 256;

    private static final double LEFT = 0.02;

    /** Each sees twice as many texts as the one before. */
    private static final int MOST_LESSONS = 4;

    private final ScreeningLimits limits;
    private Phase phase = Phase.LEARNING;
    private int rowsLearned;
    private int rest = FIRST_REST;
    private int batchesToRest;
    private double average;
    private int lessons = 1;
    private int textsOfTerm;
    private int leftOfTerm;

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

    /** Of so many rows one is learned from: fewer of a text from lesson to lesson, so that there are more texts among them. */
    synchronized int stride() {
        return 1 << (lessons - 1);
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
        textsOfTerm = 0;
        leftOfTerm = 0;
    }

    /**
     * Takes note of a screened batch.
     *
     * @param survivors terms that each text kept; what takes as long as the whole for one that was left
     * @param left how many were
     */
    synchronized void observe(int[] survivors, int left) {
        for (int kept : survivors) {
            average += (kept - average) / MEMORY;
        }
        if (phase != Phase.SCREENING || !limits.rests()) {
            return;
        }
        textsOfTerm += survivors.length;
        leftOfTerm += left;
        if (average > limits.mostSurvivors()) {
            phase = Phase.RESTING;
            batchesToRest = rest;
            rest = Math.min(2 * rest, LONGEST_REST);
        } else if (average < limits.mostSurvivors() / 4.0) {
            rest = FIRST_REST;
        }
        if (phase == Phase.SCREENING && textsOfTerm >= TERM) {
            if (leftOfTerm > LEFT * textsOfTerm && lessons < MOST_LESSONS) {
                lessons++;
                phase = Phase.LEARNING;
                rowsLearned = 0;
            }
            textsOfTerm = 0;
            leftOfTerm = 0;
        }
    }
}
