package io.millrace.evaluation.msmarco;

import io.millrace.evaluation.beir.Line;
import io.millrace.evaluation.beir.LineReader;
import io.millrace.evaluation.trec.TrecFormatException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Texts of a file, {@code id TAB text} a line, one at a time; plain or gzipped; blank lines are skipped. For one thread. */
public final class TextLines implements Closeable {
    private final LineReader reader;
    private long number;

    private TextLines(LineReader reader) {
        this.reader = reader;
    }

    /** Opens a file; the caller closes it. */
    public static TextLines open(Path file) throws IOException {
        return new TextLines(LineReader.open(file));
    }

    /**
     * The next text, or null at the end.
     *
     * @throws TrecFormatException if a line has no tab, or no id before it
     */
    public @Nullable TextLine next() throws IOException {
        while (true) {
            Line line = reader.next();
            switch (line) {
                case null -> {
                    return null;
                }
                case Line.Unreadable(long at, String reason) ->
                    throw new TrecFormatException(reader.name(), at, reason);
                case Line.Text(long at, String text)
                when !text.isBlank() -> {
                    number = at;
                    int tab = text.indexOf('\t');
                    if (tab < 1) {
                        throw problem("expected id, a tab and a text, but found "
                                + (tab < 0 ? "no tab" : "no id before the tab"));
                    }
                    return new TextLine(text.substring(0, tab).strip(), text.substring(tab + 1));
                }
                case Line.Text blank -> {}
            }
        }
    }

    /** What is wrong with the line that was read last, for the caller to throw. */
    TrecFormatException problem(String what) {
        return new TrecFormatException(reader.name(), number, what);
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
