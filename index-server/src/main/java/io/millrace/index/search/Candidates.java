package io.millrace.index.search;

import io.millrace.index.memory.NativeMemory;
import io.millrace.index.search.BlockKernel.Pairs;
import io.millrace.index.search.BlockKernel.Superblocks;
import io.millrace.index.segment.BlockColumns;
import io.millrace.index.segment.LiveDocuments;
import java.util.Arrays;

/**
 * Blocks that could have one of the best documents, and the scoring of their documents: a few terms at a time, most important
 * first; a block is dropped once what is left cannot lift its best document above the threshold. Keeps its memory; for one thread.
 */
final class Candidates {
    private static final int TERMS_A_STEP = 2;

    private final BlockKernel kernel;
    private final NthLargest ranks;
    private final Pairs pairs = new Pairs();

    private int count;
    private int[] blocks = new int[1 << 10];
    private float[] bounds = new float[1 << 10];
    private int[] above = new int[1 << 10];

    // Those that are being scored: which candidate, what blocked terms still to come add to it at most, and its
    // documents'
    // sums.
    private int[] slots = new int[1 << 8];
    private float[] rest = new float[1 << 8];
    private float[] sums = new float[1 << 12];

    Candidates(BlockKernel kernel, NthLargest ranks) {
        this.kernel = kernel;
        this.ranks = ranks;
    }

    int count() {
        return count;
    }

    void clear() {
        count = 0;
    }

    /** Adds those blocks of some superblocks whose bound is above a threshold, and that have a document that counts. */
    void add(LiveDocuments live, float threshold, Superblocks bounded, int superblocks) {
        int most = superblocks * BlockColumns.SUPERBLOCK_BLOCKS;
        if (above.length < most) {
            above = new int[Math.max(most, 2 * above.length)];
        }
        int found = kernel.collectAbove(threshold, bounded.bounds, most, above);
        if (count + found > blocks.length) {
            int length = Math.max(count + found, 2 * blocks.length);
            blocks = Arrays.copyOf(blocks, length);
            bounds = Arrays.copyOf(bounds, length);
        }
        for (int i = 0; i < found; i++) {
            int place = above[i] / BlockColumns.SUPERBLOCK_BLOCKS;
            blocks[count] =
                    bounded.numbers[place] * BlockColumns.SUPERBLOCK_BLOCKS + above[i] % BlockColumns.SUPERBLOCK_BLOCKS;
            bounds[count] = bounded.bounds[above[i]];
            count += live.ofBlock(blocks[count]) != 0 ? 1 : 0;
        }
    }

    /** Scores about so many of the best, at most twice as many, and takes them off; whatever their bounds. */
    void scoreBest(SegmentSearch search, int wanted, ListedPostings listed, Contenders contenders) {
        float least = ranks.about(bounds, count, wanted);
        int best = 0;
        for (int i = 0; i < count && best < 2 * wanted; i++) {
            if (bounds[i] >= least) {
                swap(i, best++);
            }
        }
        score(search, 0, best, listed, contenders);
        int kept = 0;
        for (int i = best; i < count; i++) {
            blocks[kept] = blocks[i];
            bounds[kept++] = bounds[i];
        }
        count = kept;
    }

    /** Takes those off whose bound is not above a threshold. */
    void drop(float threshold) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            float bound = bounds[i];
            blocks[kept] = blocks[i];
            bounds[kept] = bound;
            kept += bound > threshold ? 1 : 0;
        }
        count = kept;
    }

    private void swap(int one, int other) {
        int block = blocks[one];
        blocks[one] = blocks[other];
        blocks[other] = block;
        float bound = bounds[one];
        bounds[one] = bounds[other];
        bounds[other] = bound;
    }

    /** Scores all of them. */
    void scoreAll(SegmentSearch search, ListedPostings listed, Contenders contenders) {
        score(search, 0, count, listed, contenders);
        count = 0;
    }

    /** Scores some candidates, dropping those that fall behind; what is left contends. */
    private void score(SegmentSearch search, int from, int to, ListedPostings listed, Contenders contenders) {
        open(from, to, listed, search.view().live());
        float threshold = (float) (contenders.threshold() / search.accuracy().blocks());
        int kept = to - from;
        SegmentQuery query = search.query();
        for (int term = 0; term < query.blocked && kept > 0; ) {
            int end = Math.min(query.blocked, term + TERMS_A_STEP);
            for (; term < end; term++) {
                addTerm(search, term, from, kept);
            }
            if (threshold > 0f) {
                kept = kernel.keepAbove(threshold, slots, kept, rest, sums);
            }
        }
        contend(search, from, kept, contenders);
    }

    /**
     * Readies slots and sums. Sums of documents that do not count begin, and end, at -∞, as all that is added is finite: those
     * documents neither keep their block nor contend.
     */
    private void open(int from, int to, ListedPostings listed, LiveDocuments live) {
        int scored = to - from;
        if (slots.length < scored) {
            int length = Math.max(scored, 2 * slots.length);
            slots = new int[length];
            rest = new float[length];
            sums = new float[length * BlockColumns.BLOCK];
        }
        Arrays.fill(sums, 0, scored * BlockColumns.BLOCK, 0f);
        for (int slot = 0; slot < scored; slot++) {
            int block = blocks[from + slot];
            slots[slot] = slot;
            rest[slot] = bounds[from + slot] - listed.bound(block);
            listed.addTo(block, sums, slot * BlockColumns.BLOCK);
            for (int gone = ~live.ofBlock(block) & 0xFFFF; gone != 0; gone &= gone - 1) {
                sums[slot * BlockColumns.BLOCK + Integer.numberOfTrailingZeros(gone)] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private void addTerm(SegmentSearch search, int term, int from, int kept) {
        SegmentQuery query = search.query();
        findPairs(search.segment().blocks(), query.rows[term], query.factors[term], from, kept);
        long weights = search.segment().postingWeights().address();
        if (search.segment().format().bytes() == 1) {
            kernel.addBytes(weights, pairs, query.weights[term], sums);
        } else {
            kernel.addFloats(weights, pairs, query.weights[term], sums);
        }
    }

    /** Finds a term's pairs in the blocks of the first slots; two passes, each with nothing to wait for but memory. */
    private void findPairs(BlockColumns columns, int row, float factor, int from, int kept) {
        pairs.reserve(kept);
        long presence = columns.presence().address();
        long entries = 2L * row * columns.chunks();
        int found = 0;
        for (int i = 0; i < kept; i++) {
            int block = blocks[from + slots[i]];
            long entry = entries + 2L * (block / BlockColumns.CHUNK_BLOCKS);
            long present = NativeMemory.longAt(presence, entry);
            long starts = NativeMemory.longAt(presence, entry + 1);
            pairs.slots[found] = slots[i];
            pairs.masks[found] = (int) (starts >>> 32) + Long.bitCount(present & ((1L << block) - 1));
            pairs.postings[found] = starts & 0xFFFF_FFFFL;
            found += (int) (present >>> block) & 1;
        }
        long maxima = columns.maxima().address();
        long records = columns.pairs().address();
        for (int i = 0; i < found; i++) {
            int pair = pairs.masks[i];
            int record = NativeMemory.intAt(records, pair);
            rest[pairs.slots[i]] -= factor * NativeMemory.unsignedByte(maxima + pair);
            pairs.masks[i] = record & 0xFFFF;
            pairs.postings[i] += record >>> 16;
        }
        pairs.count = found;
    }

    /** Has the documents of the first slots contend, whose sums are complete. */
    private void contend(SegmentSearch search, int from, int kept, Contenders contenders) {
        contenders.reserve(kept * BlockColumns.BLOCK);
        for (int i = 0; i < kept; i++) {
            int first = blocks[from + slots[i]] * BlockColumns.BLOCK;
            long lanes = kernel.above(contenders.threshold(), slots[i], sums);
            for (; lanes != 0; lanes &= lanes - 1) {
                int lane = Long.numberOfTrailingZeros(lanes);
                contenders.add(first + lane, sums[slots[i] * BlockColumns.BLOCK + lane]);
            }
        }
        contenders.settle(search);
    }
}
