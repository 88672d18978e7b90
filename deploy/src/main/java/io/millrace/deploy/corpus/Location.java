package io.millrace.deploy.corpus;

/**
 * Where a document came from.
 *
 * @param file path, or {@code <stdin>}
 * @param line line, from 1
 */
public record Location(String file, long line) {
    @Override
    public String toString() {
        return file + ":" + line;
    }
}
