package io.millrace.index.search;

import io.millrace.index.memory.NativeMemory;
import io.millrace.index.segment.BlockColumns;
import io.millrace.index.segment.Segment;

/**
 * What the rare terms of a query, which are not blocked, contribute to the documents of a segment. Read once and kept by block in
 * chains, so that only the few blocks that are scored need to look at them again. Keeps its memory; for one thread.
 */
final class ListedPostings {
    // What they contribute to a block at most: each at its document, as if all were the same. By block; zero between
    // searches.
    private float[] blockSums = new float[0];
    // Latest contribution to each block + 1, by block; zero between searches.
    private int[] latest = new int[0];
    // Largest sum of a superblock's blocks; zero between uses.
    private float[] superblockSums = new float[0];

    private int count;
    private int[] documents = new int[1 << 10];
    private float[] values = new float[1 << 10];
    // The one before to the same block + 1.
    private int[] previous = new int[1 << 10];

    private int touched;
    private int[] touchedBlocks = new int[1 << 10];

    /** Reads the postings of the listed terms. {@link #clear} must follow before the next segment. */
    void open(Segment segment, SegmentQuery query) {
        int blocks = segment.blocks().chunks() * BlockColumns.CHUNK_BLOCKS;
        if (blockSums.length < blocks) {
            blockSums = new float[blocks];
            latest = new int[blocks];
            superblockSums = new float[blocks / BlockColumns.SUPERBLOCK_BLOCKS];
        }
        reserve(query);
        count = 0;
        touched = 0;
        for (int term = 0; term < query.listed; term++) {
            if (segment.format().bytes() == 1) {
                readBytes(segment, query, term);
            } else {
                readFloats(segment, query, term);
            }
        }
    }

    private void reserve(SegmentQuery query) {
        int most = 0;
        for (int term = 0; term < query.listed; term++) {
            most = Math.addExact(most, query.listSizes[term]);
        }
        if (documents.length <= most) {
            int length = Math.max(most + 1, 2 * documents.length);
            documents = new int[length];
            values = new float[length];
            previous = new int[length];
            touchedBlocks = new int[length];
        }
    }

    private void readFloats(Segment segment, SegmentQuery query, int term) {
        long list = segment.listedDocuments().address() + query.listStarts[term] * Integer.BYTES;
        long weights =
                segment.postingWeights().address() + (query.listStarts[term] + query.listShifts[term]) * Float.BYTES;
        float factor = query.listWeights[term];
        for (int i = 0; i < query.listSizes[term]; i++) {
            add(NativeMemory.intAt(list, i), factor * NativeMemory.floatAt(weights, i));
        }
    }

    private void readBytes(Segment segment, SegmentQuery query, int term) {
        long list = segment.listedDocuments().address() + query.listStarts[term] * Integer.BYTES;
        long weights = segment.postingWeights().address() + query.listStarts[term] + query.listShifts[term];
        float factor = query.listWeights[term];
        for (int i = 0; i < query.listSizes[term]; i++) {
            add(NativeMemory.intAt(list, i), factor * NativeMemory.unsignedByte(weights + i));
        }
    }

    private void add(int document, float value) {
        int block = document / BlockColumns.BLOCK;
        int before = latest[block];
        touchedBlocks[touched] = block;
        // Without a branch: whether a block was there before can't be foreseen.
        touched += before == 0 ? 1 : 0;
        blockSums[block] += value;
        documents[count] = document;
        values[count] = value;
        previous[count] = before;
        latest[block] = ++count;
    }

    /** Raises the bounds of superblocks by what listed terms contribute to one of their blocks at most. */
    void raise(float[] superblockBounds) {
        for (int i = 0; i < touched; i++) {
            int superblock = touchedBlocks[i] / BlockColumns.SUPERBLOCK_BLOCKS;
            superblockSums[superblock] = Math.max(superblockSums[superblock], blockSums[touchedBlocks[i]]);
        }
        for (int i = 0; i < touched; i++) {
            int superblock = touchedBlocks[i] / BlockColumns.SUPERBLOCK_BLOCKS;
            superblockBounds[superblock] += superblockSums[superblock];
            superblockSums[superblock] = 0f;
        }
    }

    /** Writes what a superblock's blocks get at most. */
    void boundBlocks(int superblock, float[] bounds, int at) {
        System.arraycopy(
                blockSums, superblock * BlockColumns.SUPERBLOCK_BLOCKS, bounds, at, BlockColumns.SUPERBLOCK_BLOCKS);
    }

    /** What a block's documents get at most. */
    float bound(int block) {
        return blockSums[block];
    }

    /** Adds what each document of a block gets to its sum. */
    void addTo(int block, float[] sums, int at) {
        for (int next = latest[block]; next > 0; next = previous[next - 1]) {
            sums[at + documents[next - 1] % BlockColumns.BLOCK] += values[next - 1];
        }
    }

    /** Forgets the segment. */
    void clear() {
        for (int i = 0; i < touched; i++) {
            blockSums[touchedBlocks[i]] = 0f;
            latest[touchedBlocks[i]] = 0;
        }
        touched = 0;
        count = 0;
    }
}
