package io.millrace.evaluation.beir;

import java.io.IOException;

/** A collection's file breaks the format; the message starts with {@code file:line:} and says what to do. */
public final class BeirFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Says what is wrong with a line. */
    public BeirFormatException(String file, long line, String what) {
        super(file + ":" + line + ": " + what);
    }
}
