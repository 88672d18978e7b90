package io.millrace.evaluation.trec;

import io.millrace.evaluation.beir.LineReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A run's lines, one at a time, plain or gzipped. For one thread. */
public final class RunReader implements Closeable {
    private static final String FORM = "query Q0 document rank score tag";

    private final Fields fields;

    private RunReader(Fields fields) {
        this.fields = fields;
    }

    /** Opens a file; the caller closes it. */
    public static RunReader open(Path file) throws IOException {
        return new RunReader(new Fields(file, FORM));
    }

    /** Reads what a reader of lines gives, and closes it. */
    public static RunReader of(LineReader lines) {
        return new RunReader(new Fields(lines, FORM));
    }

    /**
     * The next line, or null at the end.
     *
     * @throws TrecFormatException if the line does not have six fields, the rank is no whole number, or the score is none that can
     *     be ranked
     */
    public @Nullable RunLine next() throws IOException {
        if (!fields.advance()) {
            return null;
        }
        return new RunLine(fields.text(0), fields.text(2), fields.integer(3, "rank"), fields.score(4), fields.text(5));
    }

    /** What is wrong with the line that was read last, for the caller to throw. */
    public TrecFormatException problem(String what) {
        return fields.problem(what);
    }

    @Override
    public void close() throws IOException {
        fields.close();
    }
}
