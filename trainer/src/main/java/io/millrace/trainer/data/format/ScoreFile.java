package io.millrace.trainer.data.format;

import io.millrace.trainer.data.DataFormatException;
import io.millrace.trainer.data.store.IdTable;
import io.millrace.trainer.data.store.RecordFile;
import io.millrace.trainer.data.store.RecordWriter;
import io.millrace.trainer.data.store.SourceStamp;
import io.millrace.trainer.data.store.StoreNames;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Teacher scores by query, of a file as {@link ScoreJson} reads it, turned once into a store: one record a query, with
 * single-precision scores. Safe for many threads.
 */
public final class ScoreFile implements Closeable {
    private static final String KIND = "scores";

    private final Path source;
    private final RecordFile records;
    private final IdTable ids;

    private ScoreFile(Path source, RecordFile records) throws IOException {
        this.source = source;
        this.records = records;
        Path table = records.path().resolveSibling(records.path().getFileName() + ".ids");
        try {
            this.ids = IdTable.open(table, records, ordinal -> {
                try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(records.record(ordinal)))) {
                    return in.readUTF();
                }
            });
        } catch (IdTable.DuplicateIdException e) {
            throw new DataFormatException(
                    source.toString(),
                    e.getMessage() + ", as queries " + (e.first() + 1) + " and " + (e.second() + 1)
                            + " of the file; put a query's scores into one object");
        }
    }

    /**
     * Opens a file of scores, whose store is built now if need be.
     *
     * @param source JSON, plain or gzipped
     * @param stores folder where stores are kept
     * @throws DataFormatException if it is not as it must be
     * @throws IOException if it cannot be read, or the store is damaged
     */
    public static ScoreFile open(Path source, Path stores) throws IOException {
        Path store = StoreNames.of(source, stores, KIND);
        SourceStamp stamp = SourceStamp.of(source);
        if (Files.exists(store)) {
            RecordFile records = RecordFile.open(store, KIND);
            if (records.source().equals(stamp)) {
                return over(source, records);
            }
            records.close();
        }
        try (ScoreJson json = ScoreJson.open(source);
                RecordWriter writer = new RecordWriter(store)) {
            for (Optional<QueryScores> query = json.next(); query.isPresent(); query = json.next()) {
                writer.append(encoded(query.get()));
            }
            writer.finish(KIND, stamp);
        }
        return over(source, RecordFile.open(store, KIND));
    }

    private static ScoreFile over(Path source, RecordFile records) throws IOException {
        try {
            return new ScoreFile(source, records);
        } catch (IOException | RuntimeException e) {
            records.close();
            throw e;
        }
    }

    private static byte[] encoded(QueryScores query) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeUTF(query.queryId());
            out.writeInt(query.byDocument().size());
            for (Map.Entry<String, Float> score : query.byDocument().entrySet()) {
                out.writeUTF(score.getKey());
                out.writeFloat(score.getValue());
            }
        }
        return bytes.toByteArray();
    }

    /** Number of queries. */
    public long size() {
        return records.size();
    }

    /** Scores of the query at a place, from 0. */
    public QueryScores at(long ordinal) throws IOException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(records.record(ordinal)))) {
            String queryId = in.readUTF();
            int count = in.readInt();
            Map<String, Float> scores = new LinkedHashMap<>();
            for (int i = 0; i < count; i++) {
                scores.put(in.readUTF(), in.readFloat());
            }
            return new QueryScores(queryId, scores);
        }
    }

    /** Scores of a query, if it has any. */
    public Optional<QueryScores> find(String queryId) throws IOException {
        OptionalLong ordinal = ids.find(queryId);
        return ordinal.isPresent() ? Optional.of(at(ordinal.getAsLong())) : Optional.empty();
    }

    /** How messages call the file. */
    public Path source() {
        return source;
    }

    /** Digest of the scores. */
    public String digest() {
        return records.digest();
    }

    @Override
    public void close() {
        ids.close();
        records.close();
    }
}
