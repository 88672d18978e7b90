package io.millrace.trainer.recipe;

/** A recipe says something that cannot be done; the message says where, what, and what would be right. */
public final class InvalidRecipeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    /** With a sentence for people. */
    public InvalidRecipeException(String message) {
        super(message);
    }

    /** With what was wrong underneath. */
    public InvalidRecipeException(String message, Throwable cause) {
        super(message, cause);
    }
}
