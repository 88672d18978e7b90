package io.millrace.index.segment;

import io.millrace.index.memory.GrowingMemory;
import io.millrace.index.memory.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * What a search needs to skip most of a segment: for each frequent term, where in the segment it occurs and how large its
 * weights are there at most. Documents are grouped into blocks of {@value #BLOCK}, those into superblocks of
 * {@value #SUPERBLOCK_DOCUMENTS} documents, whose maxima are read first, and those into chunks of {@value #CHUNK_DOCUMENTS}, by
 * which a block's postings are found.
 *
 * <p>A term with these columns is called blocked and has a row R, from 0. Its postings' documents are not listed: a pair, that is
 * a term in a block where it occurs, has a mask of the documents in the block instead, and the weights of a term lie in the order
 * of its documents as always. Maxima are whole numbers of 1 to 255 in units of the row's scale, rounded up, so that they bound the
 * weights from above.
 *
 * @param rows number of blocked terms
 * @param chunks chunks of the segment, the last one perhaps not full
 * @param scales weight of one unit of a row's maxima, float [rows]
 * @param superblockMaxima largest maximum of each superblock, 0 where a term does not occur, unsigned byte [rows ×
 *     {@link #stride}]
 * @param presence for each row and chunk two longs, [rows × chunks × 2]: a bit for each block that has the term, then the first
 *     pair of the chunk (upper half) and its first posting (lower half, unsigned)
 * @param maxima maximum of each pair, unsigned byte [pairs]; {@value #SUPERBLOCK_BLOCKS} bytes of padding follow
 * @param pairs for each pair the mask of its documents (lower half) and how many postings of the chunk come before it (upper
 *     half), int [pairs]
 */
public record BlockColumns(
        int rows,
        int chunks,
        MemorySegment scales,
        MemorySegment superblockMaxima,
        MemorySegment presence,
        MemorySegment maxima,
        MemorySegment pairs) {
    /** Documents of a block: the lanes of the widest vectors of floats. */
    public static final int BLOCK = 16;

    /** Blocks of a superblock: their bounds fill one vector of floats. */
    public static final int SUPERBLOCK_BLOCKS = 16;

    /** Documents of a superblock. */
    public static final int SUPERBLOCK_DOCUMENTS = BLOCK * SUPERBLOCK_BLOCKS;

    /** Blocks of a chunk: the bits of a long. */
    public static final int CHUNK_BLOCKS = 64;

    /** Documents of a chunk. */
    public static final int CHUNK_DOCUMENTS = BLOCK * CHUNK_BLOCKS;

    /** Superblocks of a chunk. */
    public static final int CHUNK_SUPERBLOCKS = CHUNK_BLOCKS / SUPERBLOCK_BLOCKS;

    // Rows of superblocks' maxima are a multiple of this many bytes long, so that vectors need no remainder.
    private static final int LANES = 16;

    static final BlockColumns NONE = new BlockColumns(
            0, 0, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);

    /** Chunks of so many documents. */
    public static int chunks(int documents) {
        return (documents + CHUNK_DOCUMENTS - 1) / CHUNK_DOCUMENTS;
    }

    /** Bytes from one row of superblocks' maxima to the next: superblocks, and some beyond the last that are empty. */
    public int stride() {
        return stride(chunks);
    }

    static int stride(int chunks) {
        return (chunks * CHUNK_SUPERBLOCKS + LANES - 1) / LANES * LANES;
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

    /** Which blocks of a superblock have the term, lowest bit first. */
    public int superblockBlocks(int row, int superblock) {
        return (int) (blocks(row, superblock / CHUNK_SUPERBLOCKS) >>> shift(superblock)) & 0xFFFF;
    }

    /** First pair of a superblock, if it has any. */
    public int firstPair(int row, int superblock) {
        int chunk = superblock / CHUNK_SUPERBLOCKS;
        long before = blocks(row, chunk) & ((1L << shift(superblock)) - 1);
        return (int) (starts(row, chunk) >>> 32) + Long.bitCount(before);
    }

    /** Largest maximum of a superblock, 0 if the term does not occur there. */
    public int superblockMaximum(int row, int superblock) {
        return NativeMemory.unsignedByte(superblockMaxima.address() + (long) row * stride() + superblock);
    }

    /** Bits of a chunk's blocks before a superblock's. */
    private static int shift(int superblock) {
        return superblock % CHUNK_SUPERBLOCKS * SUPERBLOCK_BLOCKS;
    }

    /** Mask of a pair's documents (lower half) and how many postings of the chunk come before it. */
    public int pair(int pair) {
        return NativeMemory.intAt(pairs.address(), pair);
    }

    long bytes() {
        return scales.byteSize()
                + superblockMaxima.byteSize()
                + presence.byteSize()
                + maxima.byteSize()
                + pairs.byteSize();
    }

    /** Place of a row's entry for a chunk among the longs of {@link #presence}. */
    public long entry(int row, int chunk) {
        return 2 * ((long) row * chunks + chunk);
    }

    /**
     * The documents of a blocked term in order.
     *
     * @param into takes them, from {@code at} on
     */
    void readDocuments(int row, int[] into, int at) {
        int count = at;
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
    }

    /** Collects rows in memory of its own; for one thread. */
    static final class Builder implements AutoCloseable {
        private final int chunks;
        private final GrowingMemory scales = new GrowingMemory();
        private final GrowingMemory superblockMaxima = new GrowingMemory();
        private final GrowingMemory presence = new GrowingMemory();
        private final GrowingMemory maxima = new GrowingMemory();
        private final GrowingMemory pairs = new GrowingMemory();
        // Superblocks' maxima of the row in work.
        private final byte[] row;
        private int rows;

        Builder(int documents) {
            this.chunks = chunks(documents);
            this.row = new byte[stride(chunks)];
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
            Arrays.fill(row, (byte) 0);
            int posting = 0;
            for (int chunk = 0; chunk < chunks; chunk++) {
                int from = posting;
                int end = (chunk + 1) * CHUNK_DOCUMENTS;
                long starts = (pairs.size() / Integer.BYTES) << 32 | (firstPosting + posting);
                long blocks = 0;
                while (posting < count && documents[posting] < end) {
                    int block = documents[posting] / BLOCK;
                    int first = posting;
                    int mask = 0;
                    int largest = 0;
                    do {
                        mask |= 1 << documents[posting] % BLOCK;
                        largest = Math.max(largest, units[posting] & 0xFF);
                        posting++;
                    } while (posting < count && documents[posting] / BLOCK == block);
                    blocks |= 1L << block % CHUNK_BLOCKS;
                    pairs.putInt((first - from) << 16 | mask);
                    maxima.putByte((byte) largest);
                    int superblock = block / SUPERBLOCK_BLOCKS;
                    row[superblock] = (byte) Math.max(row[superblock] & 0xFF, largest);
                }
                presence.putLong(blocks);
                presence.putLong(starts);
            }
            superblockMaxima.putBytes(row);
            return rows++;
        }

        /** The rows, in memory of an arena. */
        BlockColumns build(Arena arena) {
            if (rows == 0) {
                return NONE;
            }
            // Searches read whole vectors of maxima wherever a superblock's begin.
            maxima.putBytes(new byte[SUPERBLOCK_BLOCKS]);
            return new BlockColumns(
                    rows,
                    chunks,
                    scales.moveTo(arena),
                    superblockMaxima.moveTo(arena),
                    presence.moveTo(arena),
                    maxima.moveTo(arena),
                    pairs.moveTo(arena));
        }

        @Override
        public void close() {
            scales.close();
            superblockMaxima.close();
            presence.close();
            maxima.close();
            pairs.close();
        }
    }
}
