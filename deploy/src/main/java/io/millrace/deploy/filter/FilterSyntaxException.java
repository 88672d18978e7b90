package io.millrace.deploy.filter;

/** A filter that cannot be read; the message says at which column and why. */
public final class FilterSyntaxException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final int column;

    FilterSyntaxException(int column, String problem) {
        super("the filter cannot be read at column " + column + ": " + problem);
        this.column = column;
    }

    /** Character at fault, from 1. */
    public int column() {
        return column;
    }
}
