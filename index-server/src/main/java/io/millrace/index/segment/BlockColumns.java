package io.millrace.index.segment;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What a search needs to skip most of a segment: for each frequent term, where in the segment it occurs and how large its
 * weights are there at most. Documents are grouped into blocks of {@value #BLOCK} and those into chunks of
 * {@value #CHUNK_DOCUMENTS}.
 *
 * <p>A term with these columns is called blocked and has a row R, from 0. Its postings' documents are not listed: a pair, that is
 * a term in a block where it occurs, has a mask of the documents in the block instead, and the weights of a term lie in the order
 * of its documents as always. Maxima are whole numbers of 1 to 255 in units of the row's scale, rounded up, so that they bound the
 * weights from above.
 *
 * @param rows number of blocked terms
 * @param chunks chunks of the segment, the last one perhaps not full
 * @param scales weight of one unit of a row's maxima, float [rows]
 * @param chunkMaxima largest maximum of each chunk, 0 where a term does not occur, unsigned byte [rows × {@link #stride}]
 * @param presence for each row and chunk two longs, [rows × chunks × 2]: a bit for each block that has the term, then the first
 *     pair of the chunk (upper half) and its first posting (lower half, unsigned)
 * @param maxima maximum of each pair, unsigned byte [pairs]; {@value #CHUNK_BLOCKS} bytes of padding follow
 * @param pairs for each pair the mask of its documents (lower half) and how many postings of the chunk come before it (upper
 *     half), int [pairs]
 */
public record BlockColumns(
        int rows,
        int chunks,
        MemorySegment scales,
        MemorySegment chunkMaxima,
        MemorySegment presence,
        MemorySegment maxima,
        MemorySegment pairs) {
    /** Documents of a block: the lanes of the widest vectors of floats. */
    public static final int BLOCK = 16;

    /** Blocks of a chunk: the bits of a long. */
    public static final int CHUNK_BLOCKS = 64;

    /** Documents of a chunk. */
    public static final int CHUNK_DOCUMENTS = BLOCK * CHUNK_BLOCKS;

    /** Rows of chunk maxima are a multiple of this many bytes long, so that vectors need no remainder. */
    public static final int CHUNK_LANES = 16;

    static final BlockColumns NONE = new BlockColumns(
            0, 0, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);

    /** Chunks of so many documents. */
    public static int chunks(int documents) {
        return (documents + CHUNK_DOCUMENTS - 1) / CHUNK_DOCUMENTS;
    }

    /** Bytes from one row of chunk maxima to the next. */
    public int stride() {
        return stride(chunks);
    }

    static int stride(int chunks) {
        return (chunks + CHUNK_LANES - 1) / CHUNK_LANES * CHUNK_LANES;
    }

    /** Weight of one unit of a row's maxima. */
    public float scale(int row) {
        return NativeMemory.floatAt(scales.address(), row);
    }

    /** Which blocks of a chunk have the term, lowest bit first. */
    public long blocks(int row, int chunk) {
        return NativeMemory.longAt(presence.address(), entry(row, chunk));
    }

    /** First pair of a chunk (upper half) and its first posting (lower half). */
    public long starts(int row, int chunk) {
        return NativeMemory.longAt(presence.address(), entry(row, chunk) + 1);
    }

    /** Mask of a pair's documents (lower half) and how many postings of the chunk come before it. */
    public int pair(int pair) {
        return NativeMemory.intAt(pairs.address(), pair);
    }

    long bytes() {
        return scales.byteSize() + chunkMaxima.byteSize() + presence.byteSize() + maxima.byteSize() + pairs.byteSize();
    }

    /** Place of a row's entry for a chunk among the longs of {@link #presence}. */
    public long entry(int row, int chunk) {
        return 2 * ((long) row * chunks + chunk);
    }

    /**
     * The documents of a blocked term in order.
     *
     * @param into takes them; at least as long as the list
     * @return how many they are
     */
    int readDocuments(int row, int[] into) {
        int count = 0;
        for (int chunk = 0; chunk < chunks; chunk++) {
            long blocks = blocks(row, chunk);
            int pair = (int) (starts(row, chunk) >>> 32);
            while (blocks != 0) {
                int first = chunk * CHUNK_DOCUMENTS + Long.numberOfTrailingZeros(blocks) * BLOCK;
                blocks &= blocks - 1;
                int mask = pair(pair++) & 0xFFFF;
                while (mask != 0) {
                    into[count++] = first + Integer.numberOfTrailingZeros(mask);
                    mask &= mask - 1;
                }
            }
        }
        return count;
    }

    /** Collects rows in memory of its own; for one thread. */
    static final class Builder implements AutoCloseable {
        private final int chunks;
        private final GrowingMemory scales = new GrowingMemory();
        private final GrowingMemory chunkMaxima = new GrowingMemory();
        private final GrowingMemory presence = new GrowingMemory();
        private final GrowingMemory maxima = new GrowingMemory();
        private final GrowingMemory pairs = new GrowingMemory();
        private int rows;

        Builder(int documents) {
            this.chunks = chunks(documents);
        }

        /** Bytes that a term takes at least: its entries for all chunks, wherever it occurs. */
        static long fixedBytes(int documents) {
            return chunks(documents) * (2L * Long.BYTES + 1);
        }

        /**
         * Adds the next row.
         *
         * @param documents of the postings, ascending
         * @param count how many there are
         * @param firstPosting of the term in the segment, below 2³²
         * @param units each posting's weight in units of the scale, rounded up, 1 to 255
         * @param scale the unit
         * @return number of the row
         */
        int add(int[] documents, int count, long firstPosting, byte[] units, float scale) {
            scales.putFloat(scale);
            long maximaStart = chunkMaxima.size();
            chunkMaxima.putZeros(stride(chunks));
            int posting = 0;
            for (int chunk = 0; chunk < chunks; chunk++) {
                long starts = (pairs.size() / Integer.BYTES) << 32 | (firstPosting + posting);
                int end = posting;
                while (end < count && documents[end] < (chunk + 1) * CHUNK_DOCUMENTS) {
                    end++;
                }
                presence.putLong(addPairs(documents, posting, end, units));
                presence.putLong(starts);
                chunkMaxima.set(maximaStart + chunk, (byte) largest(units, posting, end));
                posting = end;
            }
            return rows++;
        }

        /** Pairs of one chunk; returns the blocks that have one. */
        private long addPairs(int[] documents, int from, int end, byte[] units) {
            long blocks = 0;
            int posting = from;
            while (posting < end) {
                int block = documents[posting] / BLOCK;
                int first = posting;
                int mask = 0;
                while (posting < end && documents[posting] / BLOCK == block) {
                    mask |= 1 << documents[posting] % BLOCK;
                    posting++;
                }
                blocks |= 1L << block % CHUNK_BLOCKS;
                pairs.putInt((first - from) << 16 | mask);
                maxima.putByte((byte) largest(units, first, posting));
            }
            return blocks;
        }

        private static int largest(byte[] units, int from, int to) {
            int largest = 0;
            for (int i = from; i < to; i++) {
                largest = Math.max(largest, units[i] & 0xFF);
            }
            return largest;
        }

        /** The rows, in memory of an arena. */
        BlockColumns build(Arena arena) {
            if (rows == 0) {
                return NONE;
            }
            // Searches read whole vectors of maxima wherever a chunk's begin.
            maxima.putZeros(CHUNK_BLOCKS);
            return new BlockColumns(
                    rows,
                    chunks,
                    scales.copy(arena),
                    chunkMaxima.copy(arena),
                    presence.copy(arena),
                    maxima.copy(arena),
                    pairs.copy(arena));
        }

        @Override
        public void close() {
            scales.close();
            chunkMaxima.close();
            presence.close();
            maxima.close();
            pairs.close();
        }
    }
}
