package io.millrace.index.store;

import io.millrace.index.codec.RecordCodec;
import io.millrace.index.codec.StoredValue;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.StoreException;
import io.millrace.vector.SparseVector;
import java.nio.ByteBuffer;
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

    @Override
    public void close() {
        options.close();
        store.db().releaseSnapshot(snapshot);
        snapshot.close();
        store.readerLeft();
    }

    private byte[] live(Column column, long ordinal) {
        byte @Nullable [] value = get(column, Keys.ordinal(ordinal));
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
            throw ShardStore.failedRead(e);
        }
    }
}
