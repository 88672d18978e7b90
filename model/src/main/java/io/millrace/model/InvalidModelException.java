package io.millrace.model;

/**
 * A checkpoint that cannot be used: damaged, inconsistent or of a kind that is not supported. The message names the
 * file, the value seen, what was expected and what to do.
 */
public final class InvalidModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With what happened and what to do about it. */
    public InvalidModelException(String message) {
        super(message);
    }

    /** With what happened, what to do about it, and the cause. */
    public InvalidModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
