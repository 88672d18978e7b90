package io.millrace.trainer.data.format;

import io.millrace.trainer.data.store.IdTable;
import io.millrace.trainer.data.store.LineFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** Hard negatives by query, a line each, see {@link HardNegatives}. Safe for many threads. */
public final class HardNegativeFile implements Closeable {
    private final LineFile lines;
    private final IdTable ids;

    private HardNegativeFile(LineFile lines) throws IOException {
        this.lines = lines;
        this.ids = lines.ids(ordinal -> at(ordinal).map(HardNegatives::queryId).orElse(null));
    }

    /**
     * Opens a file, plain or gzipped; its store is built now if need be.
     *
     * @throws io.millrace.trainer.data.DataFormatException if a line is not as it must be, or a query occurs twice
     * @throws IOException if the file cannot be read, or a store is damaged
     */
    public static HardNegativeFile open(Path file, Path stores) throws IOException {
        LineFile lines = LineFile.open(file, stores, HardNegatives::parse);
        try {
            return new HardNegativeFile(lines);
        } catch (IOException | RuntimeException e) {
            lines.close();
            throw e;
        }
    }

    /** Number of lines, blank ones included. */
    public long size() {
        return lines.size();
    }

    /** The line at a place, from 0; empty if it is blank. */
    public Optional<HardNegatives> at(long ordinal) throws IOException {
        String line = lines.line(ordinal);
        return line.isBlank() ? Optional.empty() : Optional.of(HardNegatives.parse(line, lines.place(ordinal)));
    }

    /** Hard negatives of a query, if it has any. */
    public Optional<HardNegatives> find(String queryId) throws IOException {
        OptionalLong ordinal = ids.find(queryId);
        return ordinal.isPresent() ? at(ordinal.getAsLong()) : Optional.empty();
    }

    /** Digest of the lines. */
    public String digest() {
        return lines.digest();
    }

    @Override
    public void close() {
        ids.close();
        lines.close();
    }
}
