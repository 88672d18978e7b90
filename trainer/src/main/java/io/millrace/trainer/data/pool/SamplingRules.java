package io.millrace.trainer.data.pool;

import java.util.OptionalDouble;

/**
 * How a group is drawn from a pool.
 *
 * @param groupSize candidates of a group, G: one positive and G − 1 negatives
 * @param teacherNeeded whether candidates without a teacher's score are left out
 * @param margin a negative is left out if its teacher's score exceeds the positive's less this; empty = never. NV-Retriever
 *     (Moreira et al. 2024) and SPLADE-v3 leave out such near-false negatives.
 * @param shortage what is done where there are fewer negatives than wanted
 */
public record SamplingRules(int groupSize, boolean teacherNeeded, OptionalDouble margin, Shortage shortage) {
    /** What to do with a query that has too few negatives. */
    public enum Shortage {
        /** Leave the query out. */
        SKIP,
        /** Use the negatives that there are several times, in turn; a query without any is left out. */
        REPEAT
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if the group is empty or huge, or the margin is not finite
     */
    public SamplingRules {
        if (groupSize < 1 || groupSize > 4_096) {
            throw new IllegalArgumentException("the group size is " + groupSize
                    + "; it must be 1 to 4096: one positive and the negatives beside it");
        }
        if (margin.isPresent() && !Double.isFinite(margin.getAsDouble())) {
            throw new IllegalArgumentException(
                    "the margin is " + margin.getAsDouble() + "; it must be a finite number");
        }
    }

    /** Groups of that size, without a teacher; queries with too few negatives are left out. */
    public static SamplingRules ofSize(int groupSize) {
        return new SamplingRules(groupSize, false, OptionalDouble.empty(), Shortage.SKIP);
    }

    /** The same, where all candidates need a teacher's score. */
    public SamplingRules scored() {
        return new SamplingRules(groupSize, true, margin, shortage);
    }

    /** The same, leaving out negatives within a margin of the positive's score. */
    public SamplingRules withMargin(double least) {
        return new SamplingRules(groupSize, teacherNeeded, OptionalDouble.of(least), shortage);
    }

    /** The same with another answer to too few negatives. */
    public SamplingRules with(Shortage other) {
        return new SamplingRules(groupSize, teacherNeeded, margin, other);
    }
}
