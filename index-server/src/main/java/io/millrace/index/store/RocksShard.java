package io.millrace.index.store;

import io.millrace.index.record.StoreException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RateLimiter;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WALRecoveryMode;

/** The native objects of one open database and how they are tuned; closes them in the order that RocksDB needs. */
final class RocksShard implements AutoCloseable {
    // Point reads of document entries and of the sources of a few hits; postings never pass through it.
    private static final long BLOCK_CACHE_BYTES = 32L << 20;
    // Memory of unflushed writes over all families, and with the limit below what recovery has to replay.
    private static final long MEMTABLE_BYTES = 64L << 20;
    private static final long FAMILY_MEMTABLE_BYTES = 16L << 20;
    private static final long WAL_BYTES = 128L << 20;
    private static final double BLOOM_BITS = 10;
    // What flushes, merges and compactions write a second at most, so that the log's syncs find the disk free: twice
    // what
    // bulk loads need here.
    private static final long BACKGROUND_BYTES_A_SECOND = 128L << 20;
    // They are handed to the disk bit by bit instead of all at once when a file ends.
    private static final long WRITE_BACK_BYTES = 1L << 20;

    // Without a setter. The manifest knows then how long each log file is but the last: one that was cut is noticed.
    private static final Properties OPTIONS = new Properties();

    private enum Mode {
        CREATE,
        WRITE,
        READ
    }

    private final List<AutoCloseable> closeables = new ArrayList<>();
    private final Map<Column, ColumnFamilyHandle> handles = new EnumMap<>(Column.class);
    private final RocksDB db;

    static {
        RocksDB.loadLibrary();
        OPTIONS.setProperty("track_and_verify_wals_in_manifest", "true");
    }

    private RocksShard(Path directory, Mode mode) throws RocksDBException {
        boolean create = mode == Mode.CREATE;
        if (!create) {
            LogCheck.run(directory);
            requireKnownFamilies(directory);
        }
        Cache cache = own(new LRUCache(BLOCK_CACHE_BYTES));
        BloomFilter bloom = own(new BloomFilter(BLOOM_BITS, false));
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        for (Column column : Column.values()) {
            families.add(new ColumnFamilyDescriptor(column.familyName(), familyOptions(column, cache, bloom)));
        }
        DBOptions options = own(DBOptions.getDBOptionsFromProps(OPTIONS)
                .setCreateIfMissing(create)
                .setCreateMissingColumnFamilies(create)
                .setErrorIfExists(create)
                .setParanoidChecks(true)
                // A torn last record was never acknowledged. Of damage before it RocksDB and LogCheck see all.
                .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
                .setMaxTotalWalSize(WAL_BYTES)
                .setDbWriteBufferSize(MEMTABLE_BYTES)
                .setAvoidFlushDuringShutdown(true)
                .setMaxBackgroundJobs(2)
                .setRateLimiter(own(new RateLimiter(BACKGROUND_BYTES_A_SECOND)))
                .setBytesPerSync(WRITE_BACK_BYTES)
                .setKeepLogFileNum(2)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL));
        List<ColumnFamilyHandle> opened = new ArrayList<>();
        db = mode == Mode.READ
                ? RocksDB.openReadOnly(options, directory.toString(), families, opened)
                : RocksDB.open(options, directory.toString(), families, opened);
        closeables.add(db);
        // Handles come back in the order of the descriptors.
        Iterator<ColumnFamilyHandle> inOrder = opened.iterator();
        for (Column column : Column.values()) {
            handles.put(column, own(inOrder.next()));
        }
    }

    /** Opens or creates the database in a directory. */
    static RocksShard open(Path directory, boolean create) {
        return open(directory, create ? Mode.CREATE : Mode.WRITE);
    }

    /** Opens a database without changing anything on disk: what its log holds is replayed in memory only. */
    static RocksShard openReadOnly(Path directory) {
        return open(directory, Mode.READ);
    }

    private static RocksShard open(Path directory, Mode mode) {
        try {
            return new RocksShard(directory, mode);
        } catch (RocksDBException e) {
            throw RocksFailures.failedOpen(directory, e);
        }
    }

    RocksDB db() {
        return db;
    }

    ColumnFamilyHandle handle(Column column) {
        ColumnFamilyHandle handle = handles.get(column);
        if (handle == null) {
            throw new IllegalStateException("column family " + column + " is not open");
        }
        return handle;
    }

    @Override
    public void close() {
        for (AutoCloseable closeable : closeables.reversed()) {
            try {
                closeable.close();
            } catch (Exception e) {
                throw new IllegalStateException("a native object of RocksDB did not close", e);
            }
        }
        closeables.clear();
    }

    private ColumnFamilyOptions familyOptions(Column column, Cache cache, BloomFilter bloom) {
        BlockBasedTableConfig table = new BlockBasedTableConfig().setBlockCache(cache);
        if (column == Column.DOCS) {
            // Most written ids are new: the filter answers without a read.
            table.setFilterPolicy(bloom);
        }
        return own(new ColumnFamilyOptions()
                .setTableFormatConfig(table)
                .setWriteBufferSize(FAMILY_MEMTABLE_BYTES)
                .setCompressionType(
                        column.compresses() ? CompressionType.LZ4_COMPRESSION : CompressionType.NO_COMPRESSION));
    }

    private static void requireKnownFamilies(Path directory) throws RocksDBException {
        try (Options options = new Options()) {
            List<byte[]> names = RocksDB.listColumnFamilies(options, directory.toString());
            for (Column column : Column.values()) {
                // None at all are named where the database cannot be read, which opening it explains.
                if (!names.isEmpty() && names.stream().noneMatch(name -> Arrays.equals(column.familyName(), name))) {
                    throw new StoreException(
                            StoreException.Kind.UNSUPPORTED,
                            "shard directory " + directory + " has no column family '"
                                    + new String(column.familyName(), StandardCharsets.UTF_8)
                                    + "', which this version needs: open it with the version that wrote it, or build it"
                                    + " anew from its documents");
                }
            }
            for (byte[] name : names) {
                if (Arrays.stream(Column.values()).noneMatch(column -> Arrays.equals(column.familyName(), name))) {
                    throw new StoreException(
                            StoreException.Kind.UNSUPPORTED,
                            "shard directory " + directory + " has a column family '"
                                    + new String(name, StandardCharsets.UTF_8)
                                    + "' that this version does not know: open it with the version that wrote it");
                }
            }
        }
    }

    private <T extends AutoCloseable> T own(T closeable) {
        closeables.add(closeable);
        return closeable;
    }
}
