package io.millrace.index.store;

import io.millrace.index.codec.Manifest;
import io.millrace.index.codec.RecordCodec;
import io.millrace.index.codec.SessionRecord;
import io.millrace.index.record.BufferedVersion;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.ShardCounters;
import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * One shard's RocksDB, in a directory of its own: a shard is dropped by removing its folder, shipped by copying it, and
 * damaged alone; writes to several shards pay a sync each, which group commit makes cheap.
 *
 * <p>Reads are safe for any thread. Writes come from one owner thread. After a failed write nothing is written any
 * more: what the kernel did with the failed pages is unknown, so that a second try could report what never reached the
 * disk.
 */
public final class ShardStore implements AutoCloseable {
    private final Path directory;
    private final RocksShard rocks;
    private final ShardDescriptor descriptor;
    private final SegmentFiles segments;
    // Found once: that reads the table of all mounts.
    private final FileStore disk;
    private final WriteOptions synced = new WriteOptions().setSync(true);
    private final WriteOptions unlogged = new WriteOptions().setDisableWAL(true);
    private final WriteBatch nothing = new WriteBatch();
    // Open snapshots; the database closes when there are none.
    private final AtomicInteger readers = new AtomicInteger();
    private volatile @Nullable StoreException failure;
    private volatile boolean closed;

    private ShardStore(Path directory, RocksShard rocks) {
        this.directory = directory;
        this.rocks = rocks;
        this.descriptor = RecordCodec.descriptor(required(Keys.DESCRIPTOR, "descriptor"));
        this.segments = new SegmentFiles(this);
        this.disk = diskOf(directory);
    }

    /** Makes an empty shard's database in a directory that does not exist yet, and closes it again. */
    static void create(Path directory, ShardDescriptor descriptor) {
        try (RocksShard rocks = RocksShard.open(directory, true);
                WriteOptions synced = new WriteOptions().setSync(true)) {
            ColumnFamilyHandle meta = rocks.handle(Column.META);
            rocks.db().put(meta, synced, Keys.COUNTERS, RecordCodec.encode(ShardCounters.ZERO));
            rocks.db().put(meta, synced, Keys.MANIFEST, Manifest.EMPTY.encode());
            rocks.db().put(meta, synced, Keys.DESCRIPTOR, RecordCodec.encode(descriptor));
        } catch (RocksDBException e) {
            throw RocksFailures.failedWrite("creating the shard", e);
        }
    }

    /**
     * Opens a shard's database, and removes what an interrupted flush or merge left behind.
     *
     * @throws StoreException if it is damaged, of an unknown format, or open already
     */
    public static ShardStore open(Path directory) {
        RocksShard rocks = RocksShard.open(directory, false);
        try {
            ShardStore store = new ShardStore(directory, rocks);
            store.segments.collectOrphans(store.manifest());
            return store;
        } catch (RuntimeException e) {
            rocks.close();
            throw e;
        }
    }

    /** A shard over its open database, which it closes with itself; nothing is removed. */
    static ShardStore over(Path directory, RocksShard rocks) {
        return new ShardStore(directory, rocks);
    }

    /** What the shard is. */
    public ShardDescriptor descriptor() {
        return descriptor;
    }

    /** Where it is. */
    public Path directory() {
        return directory;
    }

    /** Counters as of the last commit. */
    public ShardCounters counters() {
        return RecordCodec.counters(required(Keys.COUNTERS, "counters"));
    }

    /** Live segments as of the last commit. */
    public Manifest manifest() {
        return Manifest.decode(required(Keys.MANIFEST, "manifest"));
    }

    /** Writing and reading of segments. */
    public SegmentFiles segments() {
        return segments;
    }

    /** Begins a batch of changes. */
    public StoreBatch begin() {
        return new StoreBatch(this);
    }

    /**
     * Refuses a write that RocksDB would: when it runs out of space while it flushes or compacts files of its own, it keeps
     * what it has, takes no writes, and resumes by itself some seconds after there is room. Nothing of a batch that is refused
     * here was written, so that it may be sent again; a batch that {@link #commit} fails to write may be in the log in part,
     * and no write may follow it. For the owner thread.
     *
     * @throws StoreException if there was no space, or the shard stopped writing for good
     */
    public void requireAccepting() {
        requireNoFailure();
        try {
            // An empty batch past the log writes nothing, but is refused like any other.
            rocks.db().write(unlogged, nothing);
        } catch (RocksDBException e) {
            if (RocksFailures.isNoSpace(e)) {
                throw new StoreException(
                        StoreException.Kind.NO_SPACE,
                        "shard " + descriptor.identity() + " ran out of disk space while it wrote files: "
                                + e.getMessage() + "; free some, writing resumes by itself within seconds, reads go on",
                        e);
            }
            throw failed(e);
        }
    }

    /**
     * Makes a batch durable: written to the log and synced before this returns.
     *
     * @throws StoreException if that failed now or before; the batch may or may not be found after a restart
     */
    public void commit(StoreBatch batch) {
        requireNoFailure();
        try {
            rocks.db().write(synced, batch.rocks());
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    /**
     * Makes a database of the same content in a directory that does not exist yet, on the same file system: immutable
     * files are linked, the log and RocksDB's own manifest copied. For the owner thread: segments are written past the
     * log, so that a commit during this could enter the copied log and name a segment whose files came too late to be
     * linked. Flushes and merges may write theirs meanwhile.
     *
     * @throws StoreException if the disk is full
     * @throws UncheckedIOException if files cannot be written or linked there
     */
    public void checkpoint(Path into) {
        try (Checkpoint checkpoint = Checkpoint.create(rocks.db())) {
            checkpoint.createCheckpoint(into.toString());
        } catch (RocksDBException e) {
            String what = "a checkpoint of shard " + descriptor.identity() + " cannot be written to " + into + ": "
                    + e.getMessage();
            if (RocksFailures.isNoSpace(e)) {
                throw new StoreException(
                        StoreException.Kind.NO_SPACE, what + "; free some space, then take the snapshot again", e);
            }
            throw new UncheckedIOException(new IOException(what, e));
        }
    }

    /** Makes the shard read-only: its memory and its disk may disagree until it is opened again. */
    public void failStop(Throwable cause) {
        if (failure == null) {
            failure = cause instanceof StoreException known
                    ? known
                    : new StoreException(
                            StoreException.Kind.FAILED,
                            "shard " + descriptor.identity() + " stopped writing after an unexpected " + cause
                                    + "; restart the server, and report it",
                            cause);
        }
    }

    /** What made the shard read-only, or null. */
    public @Nullable StoreException failure() {
        return failure;
    }

    /** What is on record for some ids; ids never written are absent. */
    public Map<DocumentId, DocumentEntry> entries(List<DocumentId> ids) {
        List<byte[]> keys = ids.stream().map(DocumentId::utf8).toList();
        Map<DocumentId, DocumentEntry> found = new HashMap<>();
        try {
            List<byte[]> values =
                    rocks.db().multiGetAsList(Collections.nCopies(keys.size(), handle(Column.DOCS)), keys);
            for (int i = 0; i < keys.size(); i++) {
                byte @Nullable [] value = values.get(i);
                if (value != null) {
                    found.put(ids.get(i), RecordCodec.entry(ids.get(i).toString(), value));
                }
            }
        } catch (RocksDBException e) {
            throw RocksFailures.failedRead(e);
        }
        return found;
    }

    /** The whole session table. */
    public List<SessionRecord> sessions() {
        List<SessionRecord> rows = new ArrayList<>();
        scan(Column.SESSIONS, (key, value) -> rows.add(SessionRecord.decode(key, value)));
        return rows;
    }

    /** Ordinals of dead versions that a segment may hold, ascending. */
    public List<Long> deadVersions() {
        List<Long> dead = new ArrayList<>();
        scan(Column.DELS, (key, value) -> dead.add(Keys.ordinal(key)));
        return dead;
    }

    /** The versions in the write buffer by their ordinals, ascending. */
    public Map<Long, BufferedVersion> bufferedVersions() {
        Map<Long, BufferedVersion> buffered = new LinkedHashMap<>();
        scan(Column.BUF, (key, value) -> buffered.put(Keys.ordinal(key), RecordCodec.buffered(value)));
        return buffered;
    }

    /** A frozen state to read documents from; the caller releases it. */
    public StoreSnapshot snapshot() {
        readers.incrementAndGet();
        if (closed) {
            readers.decrementAndGet();
            throw new IllegalStateException("shard " + descriptor.identity() + " is closed");
        }
        return new StoreSnapshot(this, rocks.db().getSnapshot());
    }

    /** Bytes of all files of the shard. */
    public long diskBytes() {
        return Folders.sizeOf(directory);
    }

    /** Bytes that can still be written to the disk. */
    public long usableBytes() {
        try {
            return disk.getUsableSpace();
        } catch (IOException e) {
            throw new UncheckedIOException("free space of " + directory + " cannot be read", e);
        }
    }

    /** Waits for open snapshots and closes the database. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        synchronized (readers) {
            boolean interrupted = false;
            while (readers.get() > 0) {
                try {
                    readers.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        synced.close();
        unlogged.close();
        nothing.close();
        rocks.close();
    }

    void readerLeft() {
        if (readers.decrementAndGet() == 0) {
            synchronized (readers) {
                readers.notifyAll();
            }
        }
    }

    RocksDB db() {
        return rocks.db();
    }

    ColumnFamilyHandle handle(Column column) {
        return rocks.handle(column);
    }

    private void requireNoFailure() {
        StoreException before = failure;
        if (before != null) {
            throw new StoreException(
                    before.kind(), "shard " + descriptor.identity() + " is read-only: " + before.getMessage(), before);
        }
    }

    private StoreException failed(RocksDBException e) {
        StoreException failed = RocksFailures.failedCommit("shard " + descriptor.identity(), e);
        failure = failed;
        return failed;
    }

    private interface Row {
        void accept(byte[] key, byte[] value);
    }

    private void scan(Column column, Row row) {
        try (RocksIterator rows = db().newIterator(handle(column))) {
            for (rows.seekToFirst(); rows.isValid(); rows.next()) {
                row.accept(rows.key(), rows.value());
            }
            rows.status();
        } catch (RocksDBException e) {
            throw RocksFailures.failedRead(e);
        }
    }

    private byte[] required(byte[] key, String what) {
        try {
            byte @Nullable [] value = rocks.db().get(rocks.handle(Column.META), key);
            if (value == null) {
                throw StoreException.corrupt("the shard in " + directory, "it has no " + what);
            }
            return value;
        } catch (RocksDBException e) {
            throw RocksFailures.failedRead(e);
        }
    }

    private static FileStore diskOf(Path directory) {
        try {
            return Files.getFileStore(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("the disk of " + directory + " cannot be told", e);
        }
    }
}
