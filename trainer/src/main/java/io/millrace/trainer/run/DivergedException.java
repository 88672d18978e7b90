package io.millrace.trainer.run;

/** Training left the finite numbers; the message says where and what to change. */
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With a sentence for people. */
    public DivergedException(String message) {
        super(message);
    }

    /** With what was wrong underneath. */
    public DivergedException(String message, Throwable cause) {
        super(message, cause);
    }
}
