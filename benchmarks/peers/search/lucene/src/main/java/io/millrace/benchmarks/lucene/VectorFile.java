package io.millrace.benchmarks.lucene;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * A file of sparse vectors as in the sparse track of BigANN, mapped: int64 rows, columns, non-zeros; int64 offsets[rows + 1];
 * int32 terms; float32 weights; all little-endian.
 */
final class VectorFile {
    private static final ValueLayout.OfLong INT64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT32 =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long HEADER = 3 * Long.BYTES;

    private final MemorySegment file;
    private final int rows;
    private final long termsAt;
    private final long weightsAt;

    private VectorFile(MemorySegment file) {
        this.file = file;
        this.rows = Math.toIntExact(file.get(INT64, 0));
        this.termsAt = HEADER + (rows + 1L) * Long.BYTES;
        this.weightsAt = termsAt + file.get(INT64, 2 * Long.BYTES) * Integer.BYTES;
    }

    /** Maps a file for the life of the process. */
    static VectorFile open(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path)) {
            return new VectorFile(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.global()));
        }
    }

    int rows() {
        return rows;
    }

    /** Index of a row's first entry; that of the number of rows is the end. */
    long offset(int row) {
        return file.get(INT64, HEADER + (long) row * Long.BYTES);
    }

    int term(long entry) {
        return file.get(INT32, termsAt + entry * Integer.BYTES);
    }

    float weight(long entry) {
        return file.get(FLOAT32, weightsAt + entry * Float.BYTES);
    }

    float largestWeight() {
        float largest = 0;
        for (long entry = 0; entry < offset(rows); entry++) {
            largest = Math.max(largest, weight(entry));
        }
        return largest;
    }
}
