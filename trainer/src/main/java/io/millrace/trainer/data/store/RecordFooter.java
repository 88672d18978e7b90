package io.millrace.trainer.data.store;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * End of a file of records: little-endian, 104 bytes, behind the directory of blocks.
 *
 * @param kind what the records are, up to 16 ASCII characters
 * @param blocks number of blocks
 * @param records number of records
 * @param directoryOffset where the directory begins, bytes
 * @param source what the file was built from
 * @param digest SHA-256 over all records, each behind its length [32]
 */
record RecordFooter(String kind, long blocks, long records, long directoryOffset, SourceStamp source, byte[] digest) {
    /** Start of a file. */
    static final long MAGIC = 0x3130524345524C4DL; // "MLRECR01"

    /** Bytes of a block's entry in the directory. */
    static final int ENTRY_BYTES = 32;

    static final int BYTES = 104;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int KIND_BYTES = 16;
    private static final int CRC_AT = BYTES - 2 * Long.BYTES;

    /** The footer's bytes, with the checksum over itself and the directory. */
    ByteBuffer encoded(ByteBuffer directory) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(Arrays.copyOf(kind.getBytes(StandardCharsets.US_ASCII), KIND_BYTES));
        bytes.putLong(blocks).putLong(records).putLong(directoryOffset);
        bytes.putLong(source.bytes()).putLong(source.modifiedMillis());
        bytes.put(digest);
        bytes.putLong(checksum(directory, bytes.duplicate().flip()));
        return bytes.putLong(MAGIC).flip();
    }

    /**
     * Reads the end of a file, and checks the directory.
     *
     * @throws DamagedStoreException if they are not as they were written
     */
    static RecordFooter read(MemorySegment file, Path path) throws DamagedStoreException {
        long size = file.byteSize();
        if (size < Long.BYTES + BYTES || file.get(LONG, 0) != MAGIC || file.get(LONG, size - Long.BYTES) != MAGIC) {
            throw new DamagedStoreException(path, "it has " + size + " bytes and is no whole file of records");
        }
        MemorySegment footer = file.asSlice(size - BYTES, BYTES);
        byte[] kind = footer.asSlice(0, KIND_BYTES).toArray(ValueLayout.JAVA_BYTE);
        long at = KIND_BYTES;
        long blocks = footer.get(LONG, at);
        long records = footer.get(LONG, at + 8);
        long directoryOffset = footer.get(LONG, at + 16);
        SourceStamp stamp = new SourceStamp(footer.get(LONG, at + 24), footer.get(LONG, at + 32));
        byte[] digest = footer.asSlice(at + 40, 32).toArray(ValueLayout.JAVA_BYTE);
        long room = size - BYTES - directoryOffset;
        // Compared by division, because a damaged count times 32 may overflow.
        if (directoryOffset < Long.BYTES || room < 0 || room % ENTRY_BYTES != 0 || room / ENTRY_BYTES != blocks) {
            throw new DamagedStoreException(
                    path,
                    "it says that " + blocks + " blocks are listed at byte " + directoryOffset
                            + ", which does not fit its " + size + " bytes");
        }
        CRC32C crc = new CRC32C();
        RecordFile.update(crc, file.asSlice(directoryOffset, room));
        RecordFile.update(crc, footer.asSlice(0, CRC_AT));
        if (crc.getValue() != footer.get(LONG, CRC_AT)) {
            throw new DamagedStoreException(path, "its directory does not match its checksum");
        }
        int letters = 0;
        while (letters < KIND_BYTES && kind[letters] != 0) {
            letters++;
        }
        return new RecordFooter(
                new String(kind, 0, letters, StandardCharsets.US_ASCII),
                blocks,
                records,
                directoryOffset,
                stamp,
                digest);
    }

    private static long checksum(ByteBuffer directory, ByteBuffer footer) {
        CRC32C crc = new CRC32C();
        crc.update(directory);
        crc.update(footer);
        return crc.getValue();
    }
}
