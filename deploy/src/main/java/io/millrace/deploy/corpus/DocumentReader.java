package io.millrace.deploy.corpus;

import io.millrace.evaluation.beir.Line;
import io.millrace.evaluation.beir.LineReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The documents of an input, one after another: at most one line is in memory. Blank lines are skipped. For one thread.
 */
public final class DocumentReader implements Closeable {
    private final CorpusInput input;
    private final InputStream standardInput;
    private final Iterator<Path> files;
    private final AtomicLong readBytes = new AtomicLong();
    private final DocumentParser parser = new DocumentParser();
    private @Nullable LineReader lines;

    /** Opens nothing yet. */
    public DocumentReader(CorpusInput input, InputStream standardInput) {
        this.input = input;
        this.standardInput = standardInput;
        this.files = input.files().iterator();
    }

    /**
     * The next line with something on it, or null at the end of the last file.
     *
     * @throws IOException if a file cannot be read (further); the next call goes on with the file behind it
     */
    public @Nullable ReadDocument next() throws IOException {
        while (true) {
            LineReader reader = lines;
            if (reader == null) {
                if (!files.hasNext()) {
                    return null;
                }
                Path file = files.next();
                lines = LineReader.of(
                        CorpusInput.open(file, standardInput, readBytes),
                        CorpusInput.nameOf(file),
                        LineReader.DEFAULT_MAX_LINE_BYTES);
                continue;
            }
            Line line;
            try {
                line = reader.next();
            } catch (IOException e) {
                lines = null;
                reader.close();
                throw e;
            }
            switch (line) {
                case null -> {
                    lines = null;
                    reader.close();
                }
                case Line.Unreadable(long number, String reason) -> {
                    return new ReadDocument.Bad(new Location(reader.name(), number), reason);
                }
                case Line.Text(long number, String text)
                when !text.isBlank() -> {
                    return parse(new Location(reader.name(), number), text);
                }
                case Line.Text blank -> {}
            }
        }
    }

    private ReadDocument parse(Location location, String text) {
        try {
            return new ReadDocument.Good(location, parser.parse(text));
        } catch (DocumentParser.NotADocumentException e) {
            return new ReadDocument.Bad(location, String.valueOf(e.getMessage()));
        }
    }

    /** Share of the input read so far, 0 to 1; negative if its size is not known. */
    public double fractionRead() {
        return input.sizeBytes() <= 0 ? input.sizeBytes() : (double) readBytes.get() / input.sizeBytes();
    }

    /** Top-level fields seen so far that are not stored. */
    public Set<String> ignoredFields() {
        return parser.ignoredFields();
    }

    @Override
    public void close() throws IOException {
        if (lines != null) {
            lines.close();
        }
    }
}
