package io.millrace.index.store;

import io.millrace.index.record.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Tells logs that a crash tore off from damaged ones, before RocksDB reads them. RocksDB ends the replay of a write-ahead log
 * where a record does not fit what is left of the file, which is right where a crash cut the last record short, and silently
 * drops what follows where the length of an earlier one is wrong. A write of ours begins only when the one before has been
 * synced: so nothing begins after a torn record, in its file or in a later one. If something does, acknowledged writes are
 * damaged. RocksDB's own manifest has the same format; where the type of one of its records becomes that of a recycled log,
 * RocksDB 10.4 reads it over and over (found by flipping bits).
 *
 * <p>The format: blocks of 32 KiB; in them records of a header (masked CRC-32C of type and payload, payload length, type) and a
 * payload, whole or in fragments. Source: RocksDB's wiki, "Write Ahead Log File Format", and {@code db/log_format.h}.
 */
final class LogCheck {
    private static final int BLOCK_BYTES = 32 << 10;
    private static final int HEADER_BYTES = 7;
    private static final int FULL = 1;
    private static final int FIRST = 2;
    private static final int MIDDLE = 3;
    private static final int LAST = 4;
    private static final int MASK = 0xA282_EAD8;

    private final CRC32C crc = new CRC32C();
    private final byte[] block = new byte[BLOCK_BYTES];
    private final ByteBuffer header = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    /** Place from which on nothing may begin; null as long as all is whole. */
    private @Nullable String torn;
    /** Whether a record has begun whose last fragment is still to come. */
    private boolean begun;

    private LogCheck() {}

    /**
     * Reads the write-ahead log and the manifest of a shard.
     *
     * @throws StoreException if one is damaged before its end, or cannot be read
     */
    static void run(Path directory) {
        try {
            LogCheck log = new LogCheck();
            for (Path file : files(directory, "[0-9]+\\.log")) {
                log.read(file);
            }
            // Only one of them is in use; RocksDB removes the others.
            for (Path manifest : files(directory, "MANIFEST-[0-9]+")) {
                new LogCheck().read(manifest);
            }
        } catch (IOException e) {
            throw StoreException.corrupt("the shard in " + directory, "its log cannot be read: " + e);
        }
    }

    private static List<Path> files(Path directory, String name) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches(name))
                    .sorted(Comparator.comparingLong(LogCheck::number))
                    .toList();
        }
    }

    private static long number(Path log) {
        return Long.parseLong(log.getFileName().toString().replaceAll("[^0-9]", ""));
    }

    private void read(Path log) throws IOException {
        try (InputStream in = Files.newInputStream(log)) {
            long start = 0;
            int size;
            do {
                size = in.readNBytes(block, 0, BLOCK_BYTES);
                readBlock(log, start, size);
                start += size;
            } while (size == BLOCK_BYTES);
            if (begun) {
                tear(log, start);
            }
        }
    }

    private void readBlock(Path log, long start, int size) {
        int at = 0;
        // Less than a header is left empty at the end of a block.
        while (at + HEADER_BYTES <= size) {
            int end = recordEnd(at, size);
            if (end > 0) {
                accept(log, start + at, block[at + HEADER_BYTES - 1]);
                at = end;
            } else {
                int type = block[at + HEADER_BYTES - 1];
                if (torn == null && (type < 0 || type > LAST)) {
                    // A crash leaves what was written, or zeros.
                    throw damaged(log, place(log, start + at), "there is no record of type " + type);
                }
                tear(log, start + at);
                at++;
            }
        }
        if (at < size && size < BLOCK_BYTES) {
            tear(log, start + at);
        }
    }

    /** End of the record that begins at a place of the block, or 0 if none does. */
    private int recordEnd(int at, int size) {
        int end = at + HEADER_BYTES + Short.toUnsignedInt(header.getShort(at + Integer.BYTES));
        int type = block[at + HEADER_BYTES - 1];
        if (end > size || type < FULL || type > LAST) {
            return 0;
        }
        crc.reset();
        crc.update(block, at + HEADER_BYTES - 1, end - (at + HEADER_BYTES - 1));
        int sum = (int) crc.getValue();
        return header.getInt(at) == ((sum >>> 15 | sum << 17) + MASK) ? end : 0;
    }

    private void accept(Path log, long place, int type) {
        boolean begins = type == FULL || type == FIRST;
        if (begins && begun) {
            tear(log, place);
        }
        if (begins && torn != null) {
            throw damaged(log, torn, "records after it are whole, from " + place(log, place) + " on");
        }
        begun = torn == null && (type == FIRST || type == MIDDLE);
    }

    private void tear(Path log, long place) {
        if (torn == null) {
            torn = place(log, place);
        }
        begun = false;
    }

    private static StoreException damaged(Path log, String place, String why) {
        return new StoreException(
                StoreException.Kind.CORRUPT,
                "shard directory " + log.getParent() + " cannot be opened: its log is damaged at " + place + ", as "
                        + why + "; restore the shard from a backup or build it anew from its documents");
    }

    private static String place(Path log, long place) {
        return "byte " + place + " of " + log.getFileName();
    }
}
