package io.millrace.deploy.corpus;

import io.millrace.evaluation.beir.Line;
import io.millrace.evaluation.beir.LineReader;
import io.millrace.v1.Document;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
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
    /** Read already, and still to be handed out. */
    private final Deque<ReadDocument> ahead = new ArrayDeque<>();
    /** Met while reading ahead. */
    private @Nullable IOException failureAhead;

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
        if (!ahead.isEmpty()) {
            return ahead.remove();
        }
        IOException failure = failureAhead;
        if (failure != null) {
            failureAhead = null;
            throw failure;
        }
        return read();
    }

    /**
     * Documents that {@link #next} will give, from here on; up to a number of them or of their bytes, to the end of the input,
     * or to a file that cannot be read. They stay in memory until they are handed out.
     */
    public List<Document> readAhead(int documents, long bytes) {
        List<Document> found = new ArrayList<>();
        long left = bytes;
        try {
            while (found.size() < documents && left > 0) {
                ReadDocument read = read();
                if (read == null) {
                    break;
                }
                ahead.add(read);
                if (read instanceof ReadDocument.Good(Location location, Document document)) {
                    left -= document.getSerializedSize();
                    found.add(document);
                }
            }
        } catch (IOException e) {
            failureAhead = e;
        }
        return found;
    }

    private @Nullable ReadDocument read() throws IOException {
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
