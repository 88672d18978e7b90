package io.millrace.deploy.corpus;

import io.millrace.evaluation.beir.Line;
import io.millrace.evaluation.beir.LineReader;
import io.millrace.v1.Document;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The queries of a file, one after another: JSON lines with {@code _id} (or {@code id}) and {@code text}, as in BEIR's
 * {@code queries.jsonl}, or one text a line, whose id is then the number of its line. The first line with something on it says
 * which. Blank lines are skipped. For one thread.
 */
public final class QueryReader implements Closeable {
    private final LineReader lines;
    private final DocumentParser parser = new DocumentParser();
    private @Nullable Boolean json;

    private QueryReader(LineReader lines) {
        this.lines = lines;
    }

    /**
     * Opens a file, plain or gzipped.
     *
     * @param file path, or {@code -} for standard input
     * @throws IOException if it cannot be opened
     */
    public static QueryReader open(String file, InputStream standardInput) throws IOException {
        return new QueryReader(
                file.equals("-")
                        ? LineReader.of(standardInput, "<stdin>", LineReader.DEFAULT_MAX_LINE_BYTES)
                        : LineReader.of(Files.newInputStream(Path.of(file)), file, LineReader.DEFAULT_MAX_LINE_BYTES));
    }

    /**
     * The next line with something on it, or null at the end.
     *
     * @throws IOException if the file cannot be read further
     */
    public @Nullable ReadQuery next() throws IOException {
        while (true) {
            switch (lines.next()) {
                case null -> {
                    return null;
                }
                case Line.Unreadable(long number, String reason) -> {
                    return new ReadQuery.Bad(new Location(lines.name(), number), reason);
                }
                case Line.Text(long number, String text)
                when !text.isBlank() -> {
                    return read(new Location(lines.name(), number), text.strip());
                }
                case Line.Text blank -> {}
            }
        }
    }

    private ReadQuery read(Location location, String line) {
        if (json == null) {
            json = line.startsWith("{");
        }
        if (!json) {
            return new ReadQuery.Good(location, Long.toString(location.line()), line);
        }
        try {
            Document parsed = parser.parse(line);
            return new ReadQuery.Good(
                    location, parsed.getId(), parsed.getSource().getText());
        } catch (DocumentParser.NotADocumentException e) {
            return new ReadQuery.Bad(location, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
