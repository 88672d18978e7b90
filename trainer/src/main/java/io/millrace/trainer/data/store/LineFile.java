package io.millrace.trainer.data.store;

import io.millrace.evaluation.beir.Line;
import io.millrace.evaluation.beir.LineReader;
import io.millrace.trainer.data.DataFormatException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Lines of a text file, plain or gzipped, in any order. The file is read once, checked line by line, and kept as a store;
 * it is read again when its size or time of change is another. Safe for many threads.
 */
public final class LineFile implements Closeable {
    /** Says what is wrong with a line. */
    @FunctionalInterface
    public interface Check {
        /**
         * Looks at a line that is not blank.
         *
         * @param place {@code file:line}, for the message
         * @throws DataFormatException if the line is not as it must be
         */
        void line(String text, String place) throws DataFormatException;
    }

    private static final String KIND = "lines";

    private final Path source;
    private final RecordFile records;

    private LineFile(Path source, RecordFile records) {
        this.source = source;
        this.records = records;
    }

    /**
     * Opens a file, whose store is built now if need be.
     *
     * @param stores folder where stores are kept
     * @param check applied to each line when the store is built
     * @throws DataFormatException naming the first line that is not as it must be
     * @throws DamagedStoreException if the store is damaged
     * @throws IOException if the file cannot be read, such as a gzip file that was cut off
     */
    public static LineFile open(Path source, Path stores, Check check) throws IOException {
        Path store = StoreNames.of(source, stores, KIND);
        SourceStamp stamp = SourceStamp.of(source);
        if (Files.exists(store)) {
            RecordFile records = RecordFile.open(store, KIND);
            if (records.source().equals(stamp)) {
                return new LineFile(source, records);
            }
            records.close();
        }
        build(source, store, stamp, check);
        return new LineFile(source, RecordFile.open(store, KIND));
    }

    private static void build(Path source, Path store, SourceStamp stamp, Check check) throws IOException {
        try (LineReader reader = LineReader.open(source);
                RecordWriter writer = new RecordWriter(store)) {
            for (Line line = reader.next(); line != null; line = reader.next()) {
                switch (line) {
                    case Line.Unreadable(long number, String reason) ->
                        throw new DataFormatException(reader.name(), number, reason);
                    case Line.Text(long number, String text) -> {
                        if (!text.isBlank()) {
                            check.line(text, reader.name() + ":" + number);
                        }
                        // Blank lines stay, so that a line's place is its number.
                        writer.append(text.getBytes(StandardCharsets.UTF_8));
                    }
                }
            }
            writer.finish(KIND, stamp);
        }
    }

    /** Number of lines, blank ones included. */
    public long size() {
        return records.size();
    }

    /** A line, from 0; may be blank. */
    public String line(long ordinal) throws IOException {
        return new String(records.record(ordinal), StandardCharsets.UTF_8);
    }

    /** How messages call a line: {@code file:line}, from 1. */
    public String place(long ordinal) {
        return source + ":" + (ordinal + 1);
    }

    /** SHA-256 over the lines, in hexadecimal. */
    public String digest() {
        return records.digest();
    }

    /**
     * Opens the table that finds lines by id, built now if need be.
     *
     * @throws DataFormatException if an id occurs twice
     */
    public IdTable ids(IdTable.Ids ids) throws IOException {
        Path table = records.path().resolveSibling(records.path().getFileName() + ".ids");
        try {
            return IdTable.open(table, records, ids);
        } catch (IdTable.DuplicateIdException e) {
            throw new DataFormatException(
                    place(e.second()), e.getMessage() + ", first in line " + (e.first() + 1) + "; remove one of them");
        }
    }

    @Override
    public void close() {
        records.close();
    }
}
