package io.millrace.index.store;

import io.millrace.index.codec.RecordCodec;
import io.millrace.index.codec.StoredValue;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.StoreException;
import io.millrace.vector.SparseVector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.Snapshot;

/**
 * The stored documents at one moment: what a search found can still be read after it was replaced. Safe for any thread;
 * must not be read once closed.
 */
public final class StoreSnapshot implements AutoCloseable {
    private final ShardStore store;
    private final Snapshot snapshot;
    private final ReadOptions options;

    StoreSnapshot(ShardStore store, Snapshot snapshot) {
        this.store = store;
        this.snapshot = snapshot;
        this.options = new ReadOptions().setSnapshot(snapshot);
    }

    /** What is on record for an id; empty if it was never written. */
    public Optional<DocumentEntry> entry(DocumentId id) {
        byte @Nullable [] value = get(Column.DOCS, id.utf8());
        return value == null ? Optional.empty() : Optional.of(RecordCodec.entry(id.toString(), value));
    }

    /** Source bytes of a live version. */
    public byte[] source(long ordinal) {
        ByteBuffer payload =
                StoredValue.unwrap("the source of document version " + ordinal, live(Column.SOURCE, ordinal));
        byte[] source = new byte[payload.remaining()];
        payload.get(source);
        return source;
    }

    /** Vector of a live version. */
    public SparseVector vector(long ordinal) {
        return RecordCodec.vector(ordinal, live(Column.FWD, ordinal));
    }

    /** Vectors of live versions, in order: one read instead of many. */
    public List<SparseVector> vectors(long[] ordinals) {
        List<byte[]> keys = new ArrayList<>(ordinals.length);
        for (long ordinal : ordinals) {
            keys.add(Keys.ordinal(ordinal));
        }
        List<byte[]> values;
        try {
            values = store.db()
                    .multiGetAsList(options, Collections.nCopies(keys.size(), store.handle(Column.FWD)), keys);
        } catch (RocksDBException e) {
            throw RocksFailures.failedRead(e);
        }
        List<SparseVector> vectors = new ArrayList<>(ordinals.length);
        for (int i = 0; i < ordinals.length; i++) {
            // RocksDB's own list holds null for a key that is not there.
            byte @Nullable [] value = values.get(i);
            vectors.add(RecordCodec.vector(ordinals[i], present(Column.FWD, ordinals[i], value)));
        }
        return vectors;
    }

    @Override
    public void close() {
        options.close();
        store.db().releaseSnapshot(snapshot);
        snapshot.close();
        store.readerLeft();
    }

    private byte[] live(Column column, long ordinal) {
        return present(column, ordinal, get(column, Keys.ordinal(ordinal)));
    }

    private static byte[] present(Column column, long ordinal, byte @Nullable [] value) {
        if (value == null) {
            throw StoreException.corrupt(
                    "document version " + ordinal, "a live version has no entry in '" + column + "'");
        }
        return value;
    }

    private byte @Nullable [] get(Column column, byte[] key) {
        try {
            return store.db().get(store.handle(column), options, key);
        } catch (RocksDBException e) {
            throw RocksFailures.failedRead(e);
        }
    }
}
