package io.millrace.evaluation.beir;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The documents of a collection, one at a time. For one thread. */
public final class BeirCorpus implements Closeable {
    private final JsonLines lines;

    BeirCorpus(JsonLines lines) {
        this.lines = lines;
    }

    /**
     * The next document, or null at the end.
     *
     * @throws BeirFormatException if a line is not a JSON object with string fields {@code _id} and {@code text}
     * @throws IOException if the file cannot be read
     */
    public @Nullable BeirDocument next() throws IOException {
        if (!lines.advance()) {
            return null;
        }
        return new BeirDocument(lines.required("_id"), lines.optional("title"), lines.required("text"));
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
