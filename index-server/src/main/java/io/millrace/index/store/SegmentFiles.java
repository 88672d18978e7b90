package io.millrace.index.store;

import io.millrace.index.codec.FieldCodec;
import io.millrace.index.codec.Manifest;
import io.millrace.index.codec.SegmentCodec;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme.Format;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentAssembler;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.rocksdb.FlushOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Segments on disk, each under its own key prefix: written past the log, flushed into files that are synced, and counted
 * only once a manifest names it. Safe for any thread, as long as no two write the same number.
 *
 * <p>Not by ingesting finished files: when the sync of RocksDB's own MANIFEST fails during an ingestion, RocksDB deletes
 * the file although the MANIFEST may name it already, and the shard can not be opened any more (seen with a failed sync
 * injected). A flush keeps such files. Prefixes do not overlap, so that compaction mostly moves files without rewriting.
 */
public final class SegmentFiles {
    private static final long READAHEAD_BYTES = 4L << 20;
    // Written at a time: small beside a memtable, large beside a write's fixed cost.
    private static final long BATCH_BYTES = 1L << 20;

    /** The families of segments: every key begins with the number of one. */
    static final List<Column> FAMILIES = List.of(Column.IDS, Column.POSTINGS, Column.FILT);

    private final ShardStore store;

    SegmentFiles(ShardStore store) {
        this.store = store;
    }

    /** Stores a segment under its number; it is on disk, synced, when this returns, but no manifest names it yet. */
    public void write(Segment segment) {
        try (WriteOptions unlogged = new WriteOptions().setDisableWAL(true);
                WriteBatch batch = new WriteBatch();
                FlushOptions flush = new FlushOptions().setWaitForFlush(true).setAllowWriteStall(true)) {
            RowSink rows = (column, key, value) -> {
                batch.put(store.handle(column), key, value);
                if (batch.getDataSize() >= BATCH_BYTES) {
                    store.db().write(unlogged, batch);
                    batch.clear();
                }
            };
            writeDocuments(segment, rows);
            writePostings(segment, rows);
            writeFields(segment, rows);
            store.db().write(unlogged, batch);
            store.db().flush(flush, FAMILIES.stream().map(store::handle).toList());
        } catch (RocksDBException e) {
            throw RocksFailures.failedWrite("segment " + segment.info().id(), e);
        }
    }

    /**
     * Reads a segment into memory; held once by the caller.
     *
     * @throws StoreException if it is damaged or not of the announced size
     */
    public Segment load(SegmentInfo info) {
        Format format = store.descriptor().weights().format();
        String name = "segment " + info.id() + " of shard " + store.descriptor().identity();
        SegmentAssembler into = new SegmentAssembler(format, info);
        try {
            scan(Column.IDS, info.id(), rows -> SegmentCodec.decodeDocuments(name, rows.value(), into));
            LastTerm last = new LastTerm();
            scan(Column.POSTINGS, info.id(), rows -> {
                int term = Keys.postingsTerm(rows.key());
                if (last.isNew(term)) {
                    into.beginTerm(term);
                }
                SegmentCodec.decodePostings(name, rows.value(), format, into);
            });
            scan(Column.FILT, info.id(), rows -> FieldCodec.decode(name, rows.value(), into.fields()));
            return into.finish();
        } catch (IllegalStateException e) {
            into.abandon();
            throw StoreException.corrupt(name, String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            into.abandon();
            throw e;
        }
    }

    /**
     * Drops the files that hold nothing but rows of a segment; the manifest must not name it. Needs next to no space. Files on
     * the topmost level, and those shared with a neighbour, stay until {@link #remove}.
     *
     * @throws StoreException if RocksDB's own manifest cannot be written
     */
    public void dropFiles(int id) {
        for (Column column : FAMILIES) {
            try {
                store.db()
                        .deleteFilesInRanges(
                                store.handle(column), List.of(Keys.segment(id), Keys.segment(id + 1)), false);
            } catch (RocksDBException e) {
                throw RocksFailures.failedWrite("removing segment " + id, e);
            }
        }
    }

    /**
     * Removes segments that the manifest does not name. For the owner thread, as what is left in shared files is removed by a
     * commit.
     *
     * @throws StoreException if that cannot be written
     */
    public void remove(Collection<Integer> ids) {
        try (StoreBatch changes = store.begin()) {
            for (int id : ids) {
                dropFiles(id);
                for (Column column : FAMILIES) {
                    if (!segmentsIn(column, id, id + 1).isEmpty()) {
                        changes.removeSegment(column, id);
                    }
                }
            }
            if (!changes.isEmpty()) {
                store.commit(changes);
            }
        }
    }

    /** Numbers of all segments that have data on disk, named by the manifest or not. */
    Set<Integer> stored() {
        Set<Integer> stored = new HashSet<>();
        FAMILIES.forEach(column -> stored.addAll(segmentsIn(column, 0, Integer.MAX_VALUE)));
        return stored;
    }

    /** Removes segments that no manifest names: what an interrupted flush or merge left. */
    void collectOrphans(Manifest manifest) {
        Set<Integer> orphans = stored();
        manifest.segments().forEach(live -> orphans.remove(live.id()));
        remove(orphans);
    }

    private interface RowSink {
        void put(Column column, byte[] key, byte[] value) throws RocksDBException;
    }

    private static void writeDocuments(Segment segment, RowSink rows) throws RocksDBException {
        int documents = segment.info().documents();
        int chunk = 0;
        for (int from = 0; from < documents; from += SegmentCodec.DOCUMENTS_PER_CHUNK) {
            int to = Math.min(documents, from + SegmentCodec.DOCUMENTS_PER_CHUNK);
            byte[] value = SegmentCodec.encodeDocuments(segment, from, to);
            rows.put(Column.IDS, Keys.chunk(segment.info().id(), chunk++), value);
        }
    }

    private static void writePostings(Segment segment, RowSink rows) throws RocksDBException {
        int[] documents = new int[segment.info().documents()];
        for (int place = 0; place < segment.info().terms(); place++) {
            segment.readDocuments(place, documents);
            int end = segment.postings(place);
            int chunk = 0;
            for (int from = 0; from < end; from += SegmentCodec.POSTINGS_PER_CHUNK) {
                int to = Math.min(end, from + SegmentCodec.POSTINGS_PER_CHUNK);
                byte[] key = Keys.postings(segment.info().id(), segment.term(place), chunk++);
                rows.put(
                        Column.POSTINGS,
                        key,
                        SegmentCodec.encodePostings(segment, documents, segment.postingStart(place), from, to));
            }
        }
    }

    private static void writeFields(Segment segment, RowSink rows) throws RocksDBException {
        int chunk = 0;
        FieldCodec.Chunks chunks = new FieldCodec.Chunks(segment.fields().columns());
        while (chunks.hasNext()) {
            rows.put(Column.FILT, Keys.chunk(segment.info().id(), chunk++), chunks.next());
        }
    }

    private void scan(Column column, int id, Consumer<RocksIterator> row) {
        try (Slice end = new Slice(Keys.segment(id + 1));
                ReadOptions options = new ReadOptions()
                        .setIterateUpperBound(end)
                        .setReadaheadSize(READAHEAD_BYTES)
                        .setFillCache(false);
                RocksIterator rows = store.db().newIterator(store.handle(column), options)) {
            for (rows.seek(Keys.segment(id)); rows.isValid(); rows.next()) {
                row.accept(rows);
            }
            rows.status();
        } catch (RocksDBException e) {
            throw RocksFailures.failedRead(e);
        }
    }

    /** Numbers of the segments that have a key in [from, to), found by skipping from one to the next. */
    private List<Integer> segmentsIn(Column column, int from, int to) {
        List<Integer> found = new ArrayList<>();
        try (RocksIterator rows = store.db().newIterator(store.handle(column))) {
            rows.seek(Keys.segment(from));
            while (rows.isValid() && Keys.segment(rows.key()) < to) {
                int id = Keys.segment(rows.key());
                found.add(id);
                rows.seek(Keys.segment(id + 1));
            }
            rows.status();
        } catch (RocksDBException e) {
            throw RocksFailures.failedRead(e);
        }
        return found;
    }

    /** Tells the first chunk of a term from its later ones. */
    private static final class LastTerm {
        private int term;
        private boolean any;

        boolean isNew(int next) {
            boolean isNew = !any || next != term;
            term = next;
            any = true;
            return isNew;
        }
    }
}
