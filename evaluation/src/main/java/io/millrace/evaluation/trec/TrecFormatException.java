package io.millrace.evaluation.trec;

import java.io.IOException;

/** A run or qrels file breaks the format; the message starts with {@code file:line:} and says what to do. */
public final class TrecFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Says what is wrong with a line. */
    public TrecFormatException(String file, long line, String what) {
        super(file + ":" + line + ": " + what);
    }
}
