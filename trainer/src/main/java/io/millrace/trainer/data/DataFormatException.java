package io.millrace.trainer.data;

import java.io.IOException;

/** A file of training data breaks its format; the message starts with {@code file:line:} and says what to do. */
public final class DataFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Says what is wrong with a line. */
    public DataFormatException(String file, long line, String what) {
        this(file + ":" + line, what);
    }

    /**
     * Says what is wrong with a place.
     *
     * @param place a file, or {@code file:line}
     */
    public DataFormatException(String place, String what) {
        super(place + ": " + what);
    }
}
