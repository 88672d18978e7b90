package io.millrace.vector;

/** A vector, or a block of vectors, that breaks a rule; the message names the rule, the value seen and its place. */
public final class InvalidVectorException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, where, and what was expected */
    public InvalidVectorException(String message) {
        super(message);
    }
}
