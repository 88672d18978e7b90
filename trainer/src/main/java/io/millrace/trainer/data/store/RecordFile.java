package io.millrace.trainer.data.store;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Objects;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** A mapped file of records. Safe for many threads, but not to be closed while one reads. */
public final class RecordFile implements Closeable {
    /** A record may be a line of 16 MiB, and fills one block at most beside what was in it. */
    private static final int MOST_BLOCK_BYTES = 64 << 20;

    private static final int CRC_SLICE_BYTES = 1 << 30;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path path;
    private final Arena arena;
    private final MemorySegment file;
    private final RecordFooter footer;
    /** Read one after the other, records come from one block many times. */
    private volatile @Nullable Block last;

    private record Block(long number, long firstRecord, byte[] bytes, int[] starts) {
        byte[] record(long ordinal) {
            int at = (int) (ordinal - firstRecord);
            byte[] record = new byte[starts[at + 1] - starts[at] - Integer.BYTES];
            System.arraycopy(bytes, starts[at] + Integer.BYTES, record, 0, record.length);
            return record;
        }
    }

    private RecordFile(Path path, Arena arena, MemorySegment file, RecordFooter footer) {
        this.path = path;
        this.arena = arena;
        this.file = file;
        this.footer = footer;
    }

    /**
     * Opens a file; its directory is checked now, its blocks when they are read.
     *
     * @param kind what its records must be
     * @throws DamagedStoreException if it is cut off or damaged, or holds other records
     * @throws IOException if it cannot be read
     */
    public static RecordFile open(Path path, String kind) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            RecordFooter footer = RecordFooter.read(file, path);
            if (!footer.kind().equals(kind)) {
                throw new DamagedStoreException(
                        path, "its records are '" + footer.kind() + "', not '" + kind + "' as is asked for");
            }
            return new RecordFile(path, arena, file, footer);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /** Number of records. */
    public long size() {
        return footer.records();
    }

    /** What it was built from. */
    public SourceStamp source() {
        return footer.source();
    }

    /** SHA-256 over all records, in hexadecimal: the same for the same records, however they were stored. */
    public String digest() {
        return HexFormat.of().formatHex(footer.digest());
    }

    /** Where it lies. */
    public Path path() {
        return path;
    }

    /**
     * A record.
     *
     * @param ordinal its place, from 0
     * @throws DamagedStoreException if its block does not match its checksum
     * @throws IndexOutOfBoundsException if there is no such record
     */
    public byte[] record(long ordinal) throws IOException {
        Objects.checkIndex(ordinal, footer.records());
        Block block = last;
        if (block == null || ordinal < block.firstRecord || ordinal >= block.firstRecord + block.starts.length - 1) {
            block = read(find(ordinal));
            last = block;
        }
        if (ordinal < block.firstRecord || ordinal >= block.firstRecord + block.starts.length - 1) {
            throw new DamagedStoreException(path, "record " + ordinal + " is in none of its blocks");
        }
        return block.record(ordinal);
    }

    /** The last block that begins at a record or before it. */
    private long find(long ordinal) {
        long low = 0;
        long high = footer.blocks() - 1;
        while (low < high) {
            long middle = (low + high + 1) >>> 1;
            if (file.get(LONG, entry(middle)) <= ordinal) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    private long entry(long block) {
        return footer.directoryOffset() + block * RecordFooter.ENTRY_BYTES;
    }

    private Block read(long number) throws IOException {
        long entry = entry(number);
        long first = file.get(LONG, entry);
        long offset = file.get(LONG, entry + 8);
        int stored = file.get(INT, entry + 16);
        int inflated = file.get(INT, entry + 20);
        int records = file.get(INT, entry + 24);
        // The directory has a checksum; these hold off a file that somebody made with a fitting one.
        if (offset < 0
                || stored < 0
                || offset > footer.directoryOffset() - stored
                || inflated < 0
                || inflated > MOST_BLOCK_BYTES
                || records < 1
                || records > inflated / Integer.BYTES) {
            throw new DamagedStoreException(
                    path,
                    "block " + number + " is listed with " + records + " records in " + inflated + " bytes, stored as "
                            + stored + " at " + offset + ", which cannot be");
        }
        MemorySegment deflated = file.asSlice(offset, stored);
        CRC32C crc = new CRC32C();
        update(crc, deflated);
        if ((int) crc.getValue() != file.get(INT, entry + 28)) {
            throw new DamagedStoreException(
                    path, "block " + number + " (records from " + first + ") does not match its checksum");
        }
        byte[] bytes = inflate(deflated.asByteBuffer(), inflated, number);
        return new Block(number, first, bytes, starts(bytes, records, number));
    }

    private byte[] inflate(ByteBuffer deflated, int length, long number) throws IOException {
        byte[] bytes = new byte[length];
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(deflated);
            int at = 0;
            while (at < length) {
                int got = inflater.inflate(bytes, at, length - at);
                if (got == 0) {
                    throw new DamagedStoreException(path, "block " + number + " ends after " + at + " bytes");
                }
                at += got;
            }
            return bytes;
        } catch (DataFormatException e) {
            throw new DamagedStoreException(path, "block " + number + " cannot be inflated (" + e.getMessage() + ")");
        } finally {
            inflater.end();
        }
    }

    private int[] starts(byte[] bytes, int records, long number) throws IOException {
        MemorySegment block = MemorySegment.ofArray(bytes);
        int[] starts = new int[records + 1];
        for (int i = 0; i < records; i++) {
            int room = bytes.length - starts[i] - Integer.BYTES;
            int length = room < 0 ? -1 : block.get(INT, starts[i]);
            if (length < 0 || length > room) {
                throw new DamagedStoreException(path, "record " + i + " of block " + number + " passes its end");
            }
            starts[i + 1] = starts[i] + Integer.BYTES + length;
        }
        return starts;
    }

    /** Adds memory of any size to a checksum. */
    static void update(CRC32C crc, MemorySegment memory) {
        for (long at = 0; at < memory.byteSize(); at += CRC_SLICE_BYTES) {
            crc.update(memory.asSlice(at, Math.min(CRC_SLICE_BYTES, memory.byteSize() - at))
                    .asByteBuffer());
        }
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
