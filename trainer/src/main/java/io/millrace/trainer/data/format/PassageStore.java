package io.millrace.trainer.data.format;

import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.store.IdTable;
import io.millrace.trainer.data.store.LineFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** A collection or a set of queries, by id and by place, without its texts in memory. Safe for many threads. */
public final class PassageStore implements Closeable {
    private final Path source;
    private final LineFile lines;
    private final PassageSyntax syntax;
    private final TextRepair repair;
    private final IdTable ids;

    private PassageStore(Path source, LineFile lines, PassageSyntax syntax, TextRepair repair) throws IOException {
        this.source = source;
        this.lines = lines;
        this.syntax = syntax;
        this.repair = repair;
        this.ids = lines.ids(ordinal -> at(ordinal).map(Passage::id).orElse(null));
    }

    /**
     * Opens a file; its store and its table of ids are built now if need be.
     *
     * @param stores folder where stores are kept
     * @param repair applied to every text that is read
     * @throws io.millrace.trainer.data.DataFormatException if a line is no passage, or an id occurs twice
     * @throws IOException if the file cannot be read, or a store is damaged
     */
    public static PassageStore open(Path source, Path stores, PassageSyntax syntax, TextRepair repair)
            throws IOException {
        LineFile lines = LineFile.open(source, stores, syntax::parse);
        try {
            return new PassageStore(source, lines, syntax, repair);
        } catch (IOException | RuntimeException e) {
            lines.close();
            throw e;
        }
    }

    /** Number of places, some of which may be blank lines. */
    public long size() {
        return lines.size();
    }

    /** What is at a place, from 0; empty for a blank line. */
    public Optional<Passage> at(long ordinal) throws IOException {
        String line = lines.line(ordinal);
        if (line.isBlank()) {
            return Optional.empty();
        }
        Passage passage = syntax.parse(line, lines.place(ordinal));
        return Optional.of(new Passage(passage.id(), repair.apply(passage.text())));
    }

    /** The passage with an id, if there is one. */
    public Optional<Passage> find(String id) throws IOException {
        OptionalLong ordinal = ids.find(id);
        return ordinal.isPresent() ? at(ordinal.getAsLong()) : Optional.empty();
    }

    /** How messages call the file. */
    public Path source() {
        return source;
    }

    /** Digest of the texts as they are read. */
    public String digest() {
        return lines.digest() + ":" + syntax + ":" + repair;
    }

    @Override
    public void close() {
        ids.close();
        lines.close();
    }
}
