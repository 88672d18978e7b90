package io.millrace.trainer.data.store;

import io.millrace.trainer.data.Draws;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Finds records by id: a mapped hash table with linear probing, 8 bytes a slot and at least 3 slots for 2 records, which
 * holds no ids, but places and 24 bits of each id's hash; the record itself says whether it is the one. Safe for many
 * threads.
 */
public final class IdTable implements Closeable {
    /** Says the id of a record. */
    @FunctionalInterface
    public interface Ids {
        /**
         * The id of a record; null if it has none and is never looked for.
         *
         * @param ordinal its place, from 0
         */
        @Nullable
        String id(long ordinal) throws IOException;
    }

    private static final long MAGIC = 0x31304449424C524DL; // "MRLBID01"
    private static final int HEADER_BYTES = 64;
    private static final int ORDINAL_BITS = 40;
    private static final long ORDINAL_MASK = (1L << ORDINAL_BITS) - 1;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path path;
    private final Arena arena;
    private final MemorySegment slots;
    private final long mask;
    private final long records;
    private final Ids ids;

    private IdTable(Path path, Arena arena, MemorySegment slots, long records, Ids ids) {
        this.path = path;
        this.arena = arena;
        this.slots = slots;
        this.mask = slots.byteSize() / Long.BYTES - 1;
        this.records = records;
        this.ids = ids;
    }

    /**
     * Opens the table of a file of records, built now if it is not there or belongs to other records.
     *
     * @param path where the table lies
     * @throws DamagedStoreException if it does not match its checksum
     * @throws IOException if ids cannot be read, or one occurs twice
     */
    public static IdTable open(Path path, RecordFile records, Ids ids) throws IOException {
        if (!Files.exists(path) || !belongs(path, records)) {
            build(path, records, ids);
        }
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            long capacity = capacity(records.size());
            if (file.byteSize() != HEADER_BYTES + capacity * Long.BYTES) {
                throw new DamagedStoreException(
                        path,
                        "it has " + file.byteSize() + " bytes, but a table for " + records.size() + " records has "
                                + (HEADER_BYTES + capacity * Long.BYTES));
            }
            MemorySegment slots = file.asSlice(HEADER_BYTES);
            if (file.get(LONG, 16) != checksum(file)) {
                throw new DamagedStoreException(path, "it does not match its checksum");
            }
            return new IdTable(path, arena, slots, records.size(), ids);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static long checksum(MemorySegment file) {
        CRC32C crc = new CRC32C();
        RecordFile.update(crc, file.asSlice(0, 16));
        RecordFile.update(crc, file.asSlice(24));
        return crc.getValue();
    }

    private static boolean belongs(Path path, RecordFile records) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            if (channel.size() < HEADER_BYTES) {
                return false;
            }
            MemorySegment header = channel.map(FileChannel.MapMode.READ_ONLY, 0, HEADER_BYTES, arena);
            return header.get(LONG, 0) == MAGIC
                    && HexFormat.of()
                            .formatHex(header.asSlice(32, 32).toArray(ValueLayout.JAVA_BYTE))
                            .equals(records.digest());
        }
    }

    private static void build(Path path, RecordFile records, Ids ids) throws IOException {
        if (records.size() >= ORDINAL_MASK) {
            throw new IOException(records.path() + " has " + records.size() + " records; a table finds "
                    + (ORDINAL_MASK - 1) + " at most: split the file");
        }
        Path unfinished = path.resolveSibling(
                path.getFileName() + "." + ProcessHandle.current().pid() + "-" + System.nanoTime() + ".unfinished");
        try {
            try (FileChannel channel = FileChannel.open(
                            unfinished,
                            StandardOpenOption.CREATE_NEW,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
                    Arena arena = Arena.ofShared()) {
                long bytes = HEADER_BYTES + capacity(records.size()) * Long.BYTES;
                // Mapped at its full size, the file is filled with zeros, which are free slots.
                MemorySegment file = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
                MemorySegment slots = file.asSlice(HEADER_BYTES);
                for (long ordinal = 0; ordinal < records.size(); ordinal++) {
                    String id = ids.id(ordinal);
                    if (id != null) {
                        insert(slots, ids, id, ordinal);
                    }
                }
                file.set(LONG, 0, MAGIC);
                file.set(LONG, 8, records.size());
                MemorySegment.copy(HexFormat.of().parseHex(records.digest()), 0, file, ValueLayout.JAVA_BYTE, 32, 32);
                file.set(LONG, 16, checksum(file));
                file.force();
            }
            Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private static void insert(MemorySegment slots, Ids ids, String id, long ordinal) throws IOException {
        long mask = slots.byteSize() / Long.BYTES - 1;
        long hash = hash(id);
        long slot = hash & mask;
        while (slots.get(LONG, slot * Long.BYTES) != 0) {
            long other = slots.get(LONG, slot * Long.BYTES);
            if (tag(hash) == tag(other) && id.equals(ids.id((other & ORDINAL_MASK) - 1))) {
                throw new DuplicateIdException(id, (other & ORDINAL_MASK) - 1, ordinal);
            }
            slot = (slot + 1) & mask;
        }
        slots.set(LONG, slot * Long.BYTES, tag(hash) << ORDINAL_BITS | (ordinal + 1));
    }

    /** Two records have one id. */
    public static final class DuplicateIdException extends IOException {
        private static final long serialVersionUID = 1L;

        private final long first;
        private final long second;

        DuplicateIdException(String id, long first, long second) {
            super("the id '" + id + "' occurs twice");
            this.first = first;
            this.second = second;
        }

        /** Place of the one that came first. */
        public long first() {
            return first;
        }

        /** Place of the other. */
        public long second() {
            return second;
        }
    }

    /**
     * Place of the record with an id.
     *
     * @throws DamagedStoreException if the table names a record that is not there
     */
    public OptionalLong find(String id) throws IOException {
        long hash = hash(id);
        long slot = hash & mask;
        for (long probes = 0; probes <= mask; probes++) {
            long entry = slots.get(LONG, slot * Long.BYTES);
            if (entry == 0) {
                return OptionalLong.empty();
            }
            if (tag(hash) == tag(entry)) {
                long ordinal = (entry & ORDINAL_MASK) - 1;
                if (ordinal < 0 || ordinal >= records) {
                    throw new DamagedStoreException(path, "it names record " + ordinal + " of " + records);
                }
                if (id.equals(ids.id(ordinal))) {
                    return OptionalLong.of(ordinal);
                }
            }
            slot = (slot + 1) & mask;
        }
        throw new DamagedStoreException(path, "it has no free slot");
    }

    private static long capacity(long records) {
        long needed = Math.max(2, records + records / 2 + 1);
        return Long.highestOneBit(needed - 1) << 1;
    }

    /** The upper bits, of which slots use the lower ones. */
    private static long tag(long bits) {
        return bits >>> ORDINAL_BITS;
    }

    /** FNV-1a over UTF-8, mixed once more, because its upper bits hardly depend on the last characters. */
    private static long hash(String id) {
        long hash = 0xCBF29CE484222325L;
        for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
        }
        return Draws.mix(hash);
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
