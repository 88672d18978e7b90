package io.millrace.index.store;

import io.millrace.index.record.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.SstFileReader;

/**
 * A stopped shard's store as it lies there: opened read-only, so that nothing on disk changes, and passed on row by row.
 * Holds what the log holds in memory, at most some 128 MiB. For one thread.
 */
public final class StoreInspection implements AutoCloseable {
    private static final long READAHEAD_BYTES = 4L << 20;

    private final Path directory;
    private final RocksShard rocks;
    private @Nullable ShardStore store;

    private StoreInspection(Path directory, RocksShard rocks) {
        this.directory = directory;
        this.rocks = rocks;
    }

    /** Takes one row. */
    @FunctionalInterface
    public interface Row {
        void accept(byte[] key, byte[] value);
    }

    /**
     * A file that RocksDB counts as part of the shard.
     *
     * @param path where it is
     * @param family column family of its rows, as RocksDB calls it
     * @param sizeBytes its size
     * @param damage what RocksDB says of its checksums; null if they all hold
     */
    public record DataFile(
            Path path,
            String family,
            long sizeBytes,
            @Nullable String damage) {}

    /**
     * Opens a shard's database; the caller sees to it that no server has it.
     *
     * @throws StoreException if it cannot be opened, or has families that this version does not know
     */
    public static StoreInspection open(Path directory) {
        return new StoreInspection(directory, RocksShard.openReadOnly(directory));
    }

    /**
     * Descriptor, counters, manifest and segments; it cannot be written to, and is closed with this.
     *
     * @throws StoreException if the descriptor is damaged or of an unknown version
     */
    public ShardStore store() {
        ShardStore opened = store;
        if (opened == null) {
            opened = ShardStore.over(directory, rocks);
            store = opened;
        }
        return opened;
    }

    /** Reads every block of every data file and compares it with its checksum. */
    public void verifyFiles(Consumer<DataFile> each) {
        try (Options options = new Options()) {
            for (LiveFileMetaData file : rocks.db().getLiveFilesMetaData()) {
                Path path = Path.of(file.path(), file.fileName());
                String family = new String(file.columnFamilyName(), StandardCharsets.UTF_8);
                each.accept(new DataFile(path, family, file.size(), damage(options, path)));
            }
        }
    }

    /** Bytes of the write-ahead log, which opening the shard has read and checked. */
    public long logBytes() {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> logs =
                    files.filter(file -> file.toString().endsWith(".log")).toList();
            long bytes = 0;
            for (Path log : logs) {
                bytes += Files.size(log);
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException("shard directory " + directory + " cannot be listed", e);
        }
    }

    /**
     * All rows of a family, by ascending keys.
     *
     * @throws StoreException if they cannot be read to the end
     */
    public void rows(Column column, Row row) {
        try (ReadOptions options = streaming();
                RocksIterator rows = rocks.db().newIterator(rocks.handle(column), options)) {
            for (rows.seekToFirst(); rows.isValid(); rows.next()) {
                row.accept(rows.key(), rows.value());
            }
            rows.status();
        } catch (RocksDBException e) {
            throw RocksFailures.failedRead(e);
        }
    }

    /** Rows of a family whose keys are ordinals, from {@code first} to {@code last}, both included. */
    public void rows(Column column, long first, long last, Row row) {
        try (Slice end = new Slice(Keys.ordinal(last + 1));
                ReadOptions options = streaming().setIterateUpperBound(end);
                RocksIterator rows = rocks.db().newIterator(rocks.handle(column), options)) {
            for (rows.seek(Keys.ordinal(first)); rows.isValid(); rows.next()) {
                row.accept(rows.key(), rows.value());
            }
            rows.status();
        } catch (RocksDBException e) {
            throw RocksFailures.failedRead(e);
        }
    }

    /** All keys of a family, ascending. */
    public void keys(Column column, Consumer<byte[]> key) {
        try (ReadOptions options = streaming();
                RocksIterator rows = rocks.db().newIterator(rocks.handle(column), options)) {
            for (rows.seekToFirst(); rows.isValid(); rows.next()) {
                key.accept(rows.key());
            }
            rows.status();
        } catch (RocksDBException e) {
            throw RocksFailures.failedRead(e);
        }
    }

    /** Value of a key; null if there is none. */
    public byte @Nullable [] value(Column column, byte[] key) {
        try {
            return rocks.db().get(rocks.handle(column), key);
        } catch (RocksDBException e) {
            throw RocksFailures.failedRead(e);
        }
    }

    /** Value of a version in a family whose keys are ordinals; null if there is none. */
    public byte @Nullable [] value(Column column, long ordinal) {
        return value(column, Keys.ordinal(ordinal));
    }

    @Override
    public void close() {
        if (store == null) {
            rocks.close();
        } else {
            store.close();
        }
    }

    private static ReadOptions streaming() {
        return new ReadOptions().setVerifyChecksums(true).setFillCache(false).setReadaheadSize(READAHEAD_BYTES);
    }

    private static @Nullable String damage(Options options, Path file) {
        try (SstFileReader reader = new SstFileReader(options)) {
            reader.open(file.toString());
            reader.verifyChecksum();
            return null;
        } catch (RocksDBException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
