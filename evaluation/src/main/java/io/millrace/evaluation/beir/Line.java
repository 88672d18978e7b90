package io.millrace.evaluation.beir;

/** One line of a text file, or why it could not be read. */
public sealed interface Line {
    /** Number of the line, from 1. */
    long number();

    /**
     * A line that could be read.
     *
     * @param number number of the line, from 1
     * @param text the line without its end
     */
    record Text(long number, String text) implements Line {}

    /**
     * A line that could not be read. The next one still can.
     *
     * @param number number of the line, from 1
     * @param reason what is wrong with it and what to do, as one sentence
     */
    record Unreadable(long number, String reason) implements Line {}
}
