package io.millrace.index.search;

import io.millrace.index.search.BlockKernel.Superblocks;
import io.millrace.index.segment.BlockColumns;
import io.millrace.index.segment.LiveDocuments;
import java.util.Arrays;

/**
 * Upper bounds of a query's sums in the superblocks of a segment, and then in the blocks of those that could have one of the best
 * documents. Keeps its memory; for one thread.
 */
final class BlockBounds {
    // Rows that are read at a time, superblock after superblock: as many as the processor fetches ahead. After each
    // pass,
    // superblocks are dropped that cannot have a candidate any more.
    private static final int TERMS_A_PASS = 6;

    private final BlockKernel kernel;
    private final NthLargest ranks;
    private final Superblocks bounded = new Superblocks();
    // What blocked terms contribute at most, by superblock.
    private float[] blocked = new float[0];
    // What all terms do; zero once the blocks of a superblock were bounded.
    private float[] superblocks = new float[0];
    private float[] chunks = new float[0];
    private int[] above = new int[0];

    BlockBounds(BlockKernel kernel, NthLargest ranks) {
        this.kernel = kernel;
        this.ranks = ranks;
    }

    /**
     * Bounds the superblocks.
     *
     * @return whether all bounds are finite
     */
    boolean open(SegmentSearch search, ListedPostings listed) {
        BlockColumns columns = search.segment().blocks();
        int stride = columns.stride();
        if (blocked.length < stride) {
            blocked = new float[stride];
            superblocks = new float[stride];
            chunks = new float[stride / BlockColumns.CHUNK_SUPERBLOCKS];
            above = new int[stride];
        }
        SegmentQuery query = search.query();
        Arrays.fill(blocked, 0, stride, 0f);
        kernel.boundSuperblocks(columns, query.rows, query.factors, query.blocked, blocked);
        System.arraycopy(blocked, 0, superblocks, 0, stride);
        listed.raise(superblocks);
        leaveOut(search);
        return Float.isFinite(boundChunks(columns.chunks()));
    }

    /** Superblocks without a document that counts are not looked into; worth finding only where few documents count. */
    private void leaveOut(SegmentSearch search) {
        LiveDocuments live = search.view().live();
        if (live.count() < search.segment().info().documents() / 2) {
            int count = search.segment().blocks().chunks() * BlockColumns.CHUNK_SUPERBLOCKS;
            for (int superblock = 0; superblock < count; superblock++) {
                superblocks[superblock] = live.isAnyInSuperblock(superblock) ? superblocks[superblock] : 0f;
            }
        }
    }

    private float boundChunks(int count) {
        float largest = 0f;
        for (int chunk = 0; chunk < count; chunk++) {
            int first = chunk * BlockColumns.CHUNK_SUPERBLOCKS;
            float bound = superblocks[first];
            for (int i = 1; i < BlockColumns.CHUNK_SUPERBLOCKS; i++) {
                bound = Math.max(bound, superblocks[first + i]);
            }
            chunks[chunk] = bound;
            largest = Math.max(largest, bound);
        }
        return largest;
    }

    /**
     * Makes candidates of the blocks of the best superblocks, those of about the best so many chunks.
     *
     * @param candidates gets them
     */
    void boundBest(SegmentSearch search, int bestChunks, ListedPostings listed, Candidates candidates) {
        BlockColumns columns = search.segment().blocks();
        float least = ranks.of(chunks, columns.chunks(), bestChunks);
        // Strictly above would leave out all where all are the same; those at zero have nothing to find.
        int count = kernel.collectAbove(Math.max(0f, Math.nextDown(least)), superblocks, columns.stride(), above);
        boundBlocks(search, count, 0f, listed, candidates);
    }

    /**
     * Makes candidates of all other blocks that could have a document above the thresholds.
     *
     * @param superblockThreshold for the bounds of superblocks
     * @param blockThreshold for those of blocks
     */
    void boundOthers(
            SegmentSearch search,
            float superblockThreshold,
            float blockThreshold,
            ListedPostings listed,
            Candidates candidates) {
        // In ascending order, which is how the columns lie in memory.
        int count = kernel.collectAbove(
                superblockThreshold, superblocks, search.segment().blocks().stride(), above);
        boundBlocks(search, count, blockThreshold, listed, candidates);
    }

    /** Makes the blocks of the first superblocks in {@link #above} that are above a threshold candidates. */
    private void boundBlocks(
            SegmentSearch search, int count, float threshold, ListedPostings listed, Candidates candidates) {
        bounded.reserve(count);
        bounded.kept = count;
        for (int i = 0; i < count; i++) {
            int superblock = above[i];
            bounded.numbers[i] = superblock;
            bounded.places[i] = i;
            bounded.rest[i] = blocked[superblock];
            listed.boundBlocks(superblock, bounded.bounds, i * BlockColumns.SUPERBLOCK_BLOCKS);
            superblocks[superblock] = 0f;
        }
        BlockColumns columns = search.segment().blocks();
        SegmentQuery query = search.query();
        for (int from = 0; from < query.blocked; from += TERMS_A_PASS) {
            int to = Math.min(query.blocked, from + TERMS_A_PASS);
            kernel.boundBlocks(columns, query.rows, query.factors, from, to, bounded);
            if (threshold > 0f && to < query.blocked) {
                kernel.keepSuperblocks(threshold, bounded);
            }
        }
        candidates.add(search.view().live(), threshold, bounded, count);
    }
}
