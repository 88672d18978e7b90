package io.millrace.index.store;

import io.millrace.index.codec.Manifest;
import io.millrace.index.codec.RecordCodec;
import io.millrace.index.codec.SessionRecord;
import io.millrace.index.codec.StoredValue;
import io.millrace.index.record.BufferedVersion;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.ShardCounters;
import io.millrace.index.record.Stamp;
import java.util.List;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** Changes that become durable together or not at all. For one thread; close it after the commit. */
public final class StoreBatch implements AutoCloseable {
    private static final byte[] NOTHING = StoredValue.wrap(new byte[0]);

    private final ShardStore store;
    private final WriteBatch batch = new WriteBatch();

    StoreBatch(ShardStore store) {
        this.store = store;
    }

    WriteBatch rocks() {
        return batch;
    }

    /** Bytes of the changes so far. */
    public long sizeBytes() {
        return batch.getDataSize();
    }

    /** Stores a version of a document and points its id at it; it enters the write buffer. */
    public void putDocument(DocumentVersion version, Stamp stamp, byte[] source) {
        byte[] ordinal = Keys.ordinal(version.ordinal());
        put(Column.DOCS, version.id().utf8(), RecordCodec.encode(new DocumentEntry(stamp, version.ordinal())));
        put(Column.SOURCE, ordinal, StoredValue.wrap(source));
        put(Column.FWD, ordinal, RecordCodec.encode(version.vector()));
        put(Column.BUF, ordinal, RecordCodec.encode(new BufferedVersion(version.id(), version.metadata())));
    }

    /** Remembers that an id was deleted, so that an older put can not bring it back. */
    public void putTombstone(DocumentId id, Stamp stamp) {
        put(Column.DOCS, id.utf8(), RecordCodec.encode(new DocumentEntry(stamp, DocumentEntry.TOMBSTONE)));
    }

    /** Drops a version that was replaced or deleted, and marks it dead for the segment that may hold it. */
    public void dropVersion(long ordinal) {
        byte[] key = Keys.ordinal(ordinal);
        delete(Column.SOURCE, key);
        delete(Column.FWD, key);
        delete(Column.BUF, key);
        put(Column.DELS, key, NOTHING);
    }

    /** Of the versions from {@code first} to {@code last}, both included, only these are dead in a segment now. */
    public void replaceDead(long first, long last, List<Long> dead) {
        deleteRange(Column.DELS, Keys.ordinal(first), Keys.ordinal(last + 1));
        dead.forEach(ordinal -> put(Column.DELS, Keys.ordinal(ordinal), NOTHING));
    }

    /** Takes versions from {@code first} to {@code last}, both included, out of the write buffer. */
    public void unbuffer(long first, long last) {
        deleteRange(Column.BUF, Keys.ordinal(first), Keys.ordinal(last + 1));
    }

    /** Stores a row of the session table. */
    public void putSession(SessionRecord row) {
        switch (row) {
            case SessionRecord.Progress progress ->
                put(Column.SESSIONS, Keys.client(progress.clientId()), progress.encode());
            case SessionRecord.Outcome outcome ->
                put(Column.SESSIONS, Keys.session(outcome.clientId(), outcome.sequence()), outcome.encode());
        }
    }

    /** Forgets the outcome of one operation. */
    public void forgetOutcome(String clientId, long sequence) {
        delete(Column.SESSIONS, Keys.session(clientId, sequence));
    }

    /** Forgets a client's progress; its outcomes are forgotten one by one. */
    public void forgetClient(String clientId) {
        delete(Column.SESSIONS, Keys.client(clientId));
    }

    /** Moves the counters on. */
    public void putCounters(ShardCounters counters) {
        put(Column.META, Keys.COUNTERS, RecordCodec.encode(counters));
    }

    /** Names the live segments. */
    public void putManifest(Manifest manifest) {
        put(Column.META, Keys.MANIFEST, manifest.encode());
    }

    /** Removes a segment's rows of a family. */
    void removeSegment(Column column, int id) {
        deleteRange(column, Keys.segment(id), Keys.segment(id + 1));
    }

    boolean isEmpty() {
        return batch.count() == 0;
    }

    @Override
    public void close() {
        batch.close();
    }

    void put(Column column, byte[] key, byte[] value) {
        try {
            batch.put(store.handle(column), key, value);
        } catch (RocksDBException e) {
            throw outOfMemory(e);
        }
    }

    private void delete(Column column, byte[] key) {
        try {
            batch.delete(store.handle(column), key);
        } catch (RocksDBException e) {
            throw outOfMemory(e);
        }
    }

    private void deleteRange(Column column, byte[] from, byte[] to) {
        try {
            batch.deleteRange(store.handle(column), from, to);
        } catch (RocksDBException e) {
            throw outOfMemory(e);
        }
    }

    private static IllegalStateException outOfMemory(RocksDBException e) {
        return new IllegalStateException("a change could not be added to its batch in memory", e);
    }
}
