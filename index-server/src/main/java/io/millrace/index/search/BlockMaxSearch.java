package io.millrace.index.search;

import io.millrace.index.search.BlockKernel.Pairs;
import io.millrace.index.segment.BlockColumns;
import io.millrace.index.segment.LiveDocuments;
import io.millrace.index.segment.NativeMemory;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;
import io.millrace.vector.SparseVector;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Exact top-k of one segment that reads only the blocks that can matter (block-max pruning: Mallia, Suel and Tonellotto, "Faster
 * Learned Sparse Retrieval with Block-Max Pruning", SIGIR 2024).
 *
 * <ol>
 *   <li>Chunks are bounded by their terms' maxima there.
 *   <li>The blocks of the best chunks are bounded too, and the best of those scored: the k-th score so far is the threshold.
 *   <li>The blocks of all chunks above the threshold are bounded; those above it are candidates.
 *   <li>Candidates are scored a few terms at a time, most important first, and dropped once what is left cannot lift their best
 *       document above the threshold.
 * </ol>
 *
 * <p>Sums here are floats and only choose what is scored exactly. The threshold is lowered by more than their rounding could be
 * off, so that no document is lost. Keeps its memory between searches; for one thread.
 */
final class BlockMaxSearch {
    /** Most terms of a query whose sums of impacts are still exact in floats: 255 · 255 · 256 &lt; 2²⁴. */
    static final int MAX_TERMS = 256;

    private static final int SEED_CHUNKS = 16;
    private static final int SEED_BLOCKS = 24;
    // Candidates scored before the others: they lift the threshold.
    private static final int FIRST_CANDIDATES = 60;
    private static final int TERMS_A_STEP = 2;
    // Rows that are read at a time, chunk after chunk: as many as the processor fetches ahead. After each pass, chunks
    // are
    // dropped that cannot have a candidate any more.
    private static final int TERMS_A_PASS = 6;
    private static final int SAMPLE = 64;
    // A float's rounding, with room: bounds are added up, and taken off again, term by term.
    private static final double ROUNDING = 0x1p-21;
    // The same near the smallest floats, which are all as coarse.
    private static final double ABSOLUTE_ROUNDING = 0x1p-120;

    private final BlockKernel kernel;
    private final SegmentQuery query = new SegmentQuery();
    private final Pairs pairs = new Pairs();
    private final float[] sample = new float[4 * SAMPLE];

    private float[] chunkBounds = new float[0];
    private int[] chunks = new int[0];
    // What terms still to come can add to each chunk's blocks at most.
    private float[] chunkRest = new float[0];
    private int[] places = new int[0];
    // Bounds of the blocks of those chunks, and which are above the threshold.
    private float[] blockBounds = new float[0];
    private int[] above = new int[0];
    // What listed terms contribute at most, by block; zero between searches.
    private float[] listedSums = new float[0];
    // Candidate of each block + 1; zero between searches.
    private int[] candidateOf = new int[0];

    private int candidates;
    private int[] blocks = new int[1 << 10];
    private float[] bounds = new float[1 << 10];
    private float[] rest = new float[1 << 10];
    private int[] slots = new int[1 << 10];
    private float[] scratch = new float[1 << 10];
    private float[] sums = new float[1 << 14];
    private int[] found = new int[1 << 8];
    private float[] foundSums = new float[1 << 8];

    BlockMaxSearch(BlockKernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Offers a segment's best documents.
     *
     * @param view segment and its live documents
     * @param index its index in the search view
     * @param vector the query
     * @param impacts the query's impacts where weights are quantised
     * @param k documents wanted
     * @param accuracy what bounds are trusted
     * @param top where they go; documents that cannot get in are left out
     * @return whether it was done; false if reading all postings is cheaper
     */
    boolean search(
            SegmentView view,
            int index,
            SparseVector vector,
            @Nullable QuantisedQuery impacts,
            int k,
            Accuracy accuracy,
            TopK top) {
        Segment segment = view.segment();
        query.open(segment, vector, impacts);
        if (query.blocked == 0) {
            return false;
        }
        Scores scores = new Scores(view, index, query, impacts, k, accuracy, top);
        reserve(segment);
        candidates = 0;
        addListedBounds(segment);
        kernel.boundChunks(segment.blocks(), query.rows, query.factors, 0, query.blocked, 1f, chunkBounds);
        if (!Float.isFinite(largest(chunkBounds, segment.blocks().chunks()))) {
            clearListedBounds(segment);
            return false;
        }
        if (scores.blockThreshold() == 0f) {
            scoreSeeds(segment, k, scores);
        }
        boundChunks(segment, scores);
        scoreCandidates(segment, scores);
        clearListedBounds(segment);
        return true;
    }

    private void reserve(Segment segment) {
        BlockColumns columns = segment.blocks();
        if (chunkBounds.length < columns.stride()) {
            chunkBounds = new float[columns.stride()];
            chunks = new int[columns.stride()];
            chunkRest = new float[columns.stride()];
            places = new int[columns.stride()];
            listedSums = new float[columns.stride() * BlockColumns.CHUNK_BLOCKS];
            candidateOf = new int[columns.stride() * BlockColumns.CHUNK_BLOCKS];
        }
        Arrays.fill(chunkBounds, 0f);
    }

    private static float largest(float[] values, int count) {
        float largest = 0f;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, values[i]);
        }
        return largest;
    }

    /** Adds up what listed terms contribute to each block, and gives each chunk the largest sum of its blocks. */
    private void addListedBounds(Segment segment) {
        long documents = segment.listedDocuments().address();
        boolean bytes = segment.format().bytes() == 1;
        for (int i = 0; i < query.listed; i++) {
            long end = query.listStarts[i] + query.listSizes[i];
            for (long at = query.listStarts[i]; at < end; at++) {
                int block = NativeMemory.intAt(documents, at) / BlockColumns.BLOCK;
                listedSums[block] += query.listWeights[i] * weight(segment, at + query.listShifts[i], bytes);
            }
        }
        for (int i = 0; i < query.listed; i++) {
            long end = query.listStarts[i] + query.listSizes[i];
            for (long at = query.listStarts[i]; at < end; at++) {
                int block = NativeMemory.intAt(documents, at) / BlockColumns.BLOCK;
                int number = block / BlockColumns.CHUNK_BLOCKS;
                chunkBounds[number] = Math.max(chunkBounds[number], listedSums[block]);
            }
        }
    }

    private static float weight(Segment segment, long posting, boolean bytes) {
        long weights = segment.postingWeights().address();
        return bytes ? NativeMemory.unsignedByte(weights + posting) : NativeMemory.floatAt(weights, posting);
    }

    private void clearListedBounds(Segment segment) {
        long documents = segment.listedDocuments().address();
        for (int i = 0; i < query.listed; i++) {
            for (long at = query.listStarts[i]; at < query.listStarts[i] + query.listSizes[i]; at++) {
                listedSums[NativeMemory.intAt(documents, at) / BlockColumns.BLOCK] = 0f;
            }
        }
    }

    /** Scores the best blocks of the best chunks; the other blocks of those chunks stay candidates. */
    private void scoreSeeds(Segment segment, int k, Scores scores) {
        int wanted = SEED_BLOCKS + k / 8;
        int columns = segment.blocks().chunks();
        float pivot = nthLargest(chunkBounds, columns, SEED_CHUNKS + k / 64);
        int best = 0;
        for (int i = 0; i < columns; i++) {
            if (chunkBounds[i] >= pivot) {
                chunks[best++] = i;
                chunkBounds[i] = 0f;
            }
        }
        boundBlocks(segment, best, 0f);
        float least = aboutNthLargest(bounds, candidates, wanted);
        int seeds = 0;
        for (int i = 0; i < candidates && seeds < 2 * wanted; i++) {
            if (bounds[i] >= least) {
                swap(i, seeds++);
            }
        }
        addListed(segment, seeds);
        scoreAll(segment, seeds, scores);
        float threshold = scores.blockThreshold();
        int kept = 0;
        for (int i = seeds; i < candidates; i++) {
            if (bounds[i] > threshold) {
                blocks[kept] = blocks[i];
                bounds[kept++] = bounds[i];
            }
        }
        candidates = kept;
    }

    private void swap(int one, int other) {
        int block = blocks[one];
        blocks[one] = blocks[other];
        blocks[other] = block;
        float bound = bounds[one];
        bounds[one] = bounds[other];
        bounds[other] = bound;
    }

    /** Makes candidates of the blocks that can still matter. */
    private void boundChunks(Segment segment, Scores scores) {
        // In ascending order, which is how the columns lie in memory.
        int count = kernel.collectAbove(
                scores.chunkThreshold(), chunkBounds, segment.blocks().stride(), chunks);
        boundBlocks(segment, count, scores.blockThreshold());
    }

    /** Makes the blocks of the first of {@link #chunks} that are above a threshold candidates. */
    private void boundBlocks(Segment segment, int count, float threshold) {
        if (blockBounds.length < count * BlockColumns.CHUNK_BLOCKS) {
            blockBounds = new float[chunks.length * BlockColumns.CHUNK_BLOCKS];
        }
        for (int i = 0; i < count; i++) {
            System.arraycopy(
                    listedSums,
                    chunks[i] * BlockColumns.CHUNK_BLOCKS,
                    blockBounds,
                    i * BlockColumns.CHUNK_BLOCKS,
                    BlockColumns.CHUNK_BLOCKS);
        }
        Arrays.fill(chunkRest, 0f);
        kernel.boundChunks(segment.blocks(), query.rows, query.factors, 0, query.blocked, 1f, chunkRest);
        for (int i = 0; i < count; i++) {
            places[i] = i;
        }
        int kept = count;
        for (int from = 0; from < query.blocked; from += TERMS_A_PASS) {
            int to = Math.min(query.blocked, from + TERMS_A_PASS);
            boundBlocks(segment, from, to, kept);
            if (threshold > 0f && to < query.blocked) {
                kernel.boundChunks(segment.blocks(), query.rows, query.factors, from, to, -1f, chunkRest);
                kept = kernel.keepChunks(threshold, places, kept, chunks, chunkRest, blockBounds);
            }
        }
        addCandidates(count, threshold);
    }

    private void boundBlocks(Segment segment, int from, int to, int kept) {
        for (int i = 0; i < kept; i++) {
            kernel.boundBlocks(
                    segment.blocks(),
                    query.rows,
                    query.factors,
                    from,
                    to,
                    chunks[places[i]],
                    blockBounds,
                    places[i] * BlockColumns.CHUNK_BLOCKS);
        }
    }

    private void addCandidates(int count, float threshold) {
        int most = count * BlockColumns.CHUNK_BLOCKS;
        if (above.length < most) {
            above = new int[chunks.length * BlockColumns.CHUNK_BLOCKS];
        }
        int found = kernel.collectAbove(threshold, blockBounds, most, above);
        if (candidates + found > blocks.length) {
            int length = Math.max(candidates + found, 2 * blocks.length);
            blocks = Arrays.copyOf(blocks, length);
            bounds = Arrays.copyOf(bounds, length);
        }
        for (int i = 0; i < found; i++) {
            int block = above[i];
            blocks[candidates] = chunks[block / BlockColumns.CHUNK_BLOCKS] * BlockColumns.CHUNK_BLOCKS
                    + block % BlockColumns.CHUNK_BLOCKS;
            bounds[candidates++] = blockBounds[block];
        }
    }

    private void scoreCandidates(Segment segment, Scores scores) {
        addListed(segment, candidates);
        if (candidates <= 2 * FIRST_CANDIDATES) {
            scoreAll(segment, candidates, scores);
            return;
        }
        float pivot = aboutNthLargest(bounds, candidates, FIRST_CANDIDATES);
        int first = 0;
        for (int i = 0; i < candidates; i++) {
            slots[first] = i;
            first += bounds[i] >= pivot ? 1 : 0;
        }
        score(segment, first, scores);
        float threshold = scores.blockThreshold();
        int others = 0;
        for (int i = 0; i < candidates; i++) {
            slots[others] = i;
            others += bounds[i] < pivot && bounds[i] > threshold ? 1 : 0;
        }
        score(segment, others, scores);
    }

    /** Readies the sums of the first candidates: what listed terms give their documents, and what blocked ones can add. */
    private void addListed(Segment segment, int count) {
        if (rest.length < blocks.length) {
            rest = new float[blocks.length];
            slots = new int[blocks.length];
            sums = new float[blocks.length * BlockColumns.BLOCK];
        }
        Arrays.fill(sums, 0, count * BlockColumns.BLOCK, 0f);
        for (int i = 0; i < count; i++) {
            rest[i] = bounds[i] - listedSums[blocks[i]];
            candidateOf[blocks[i]] = i + 1;
        }
        long documents = segment.listedDocuments().address();
        boolean bytes = segment.format().bytes() == 1;
        for (int i = 0; i < query.listed; i++) {
            for (long at = query.listStarts[i]; at < query.listStarts[i] + query.listSizes[i]; at++) {
                int document = NativeMemory.intAt(documents, at);
                int candidate = candidateOf[document / BlockColumns.BLOCK];
                if (candidate > 0) {
                    sums[(candidate - 1) * BlockColumns.BLOCK + document % BlockColumns.BLOCK] +=
                            query.listWeights[i] * weight(segment, at + query.listShifts[i], bytes);
                }
            }
        }
        for (int i = 0; i < count; i++) {
            candidateOf[blocks[i]] = 0;
        }
    }

    private void scoreAll(Segment segment, int count, Scores scores) {
        for (int i = 0; i < count; i++) {
            slots[i] = i;
        }
        score(segment, count, scores);
    }

    /** Scores the candidates in the first slots, dropping those that fall behind. */
    private void score(Segment segment, int count, Scores scores) {
        float threshold = scores.blockThreshold();
        int kept = count;
        for (int term = 0; term < query.blocked && kept > 0; ) {
            int end = Math.min(query.blocked, term + TERMS_A_STEP);
            for (; term < end; term++) {
                addTerm(segment, term, kept);
            }
            if (threshold > 0f) {
                kept = kernel.keepAbove(threshold, slots, kept, rest, sums);
            }
        }
        offer(kept, scores);
    }

    /** Offers the documents of the first slots that can be among the best, judged by their sums, which are complete. */
    private void offer(int kept, Scores scores) {
        int count = 0;
        for (int i = 0; i < kept; i++) {
            int first = blocks[slots[i]] * BlockColumns.BLOCK;
            long lanes = kernel.above(scores.threshold(), slots[i], sums);
            if (count + BlockColumns.BLOCK > found.length) {
                found = Arrays.copyOf(found, 2 * found.length);
                foundSums = Arrays.copyOf(foundSums, found.length);
            }
            for (; lanes != 0; lanes &= lanes - 1) {
                int lane = Long.numberOfTrailingZeros(lanes);
                found[count] = first + lane;
                foundSums[count] = sums[slots[i] * BlockColumns.BLOCK + lane];
                count += scores.isLive(first + lane) ? 1 : 0;
            }
        }
        // Scoring a document exactly costs a search for each term: only what the sums leave open is worth it.
        float least = scores.leastBeside(nthLargest(foundSums, count, scores.wanted()));
        for (int i = 0; i < count; i++) {
            if (foundSums[i] >= least) {
                scores.offer(found[i], foundSums[i]);
            }
        }
    }

    private void addTerm(Segment segment, int term, int kept) {
        findPairs(segment.blocks(), query.rows[term], query.factors[term], kept);
        if (segment.format().bytes() == 1) {
            kernel.addBytes(segment.postingWeights().address(), pairs, query.weights[term], sums);
        } else {
            kernel.addFloats(segment.postingWeights().address(), pairs, query.weights[term], sums);
        }
    }

    /** Finds a term's pairs in the blocks of the first slots; two passes, each with nothing to wait for but memory. */
    private void findPairs(BlockColumns columns, int row, float factor, int kept) {
        pairs.reserve(kept);
        long presence = columns.presence().address();
        long entries = 2L * row * columns.chunks();
        int count = 0;
        for (int i = 0; i < kept; i++) {
            int block = blocks[slots[i]];
            long entry = entries + 2L * (block / BlockColumns.CHUNK_BLOCKS);
            long present = NativeMemory.longAt(presence, entry);
            long starts = NativeMemory.longAt(presence, entry + 1);
            pairs.slots[count] = slots[i];
            pairs.masks[count] = (int) (starts >>> 32) + Long.bitCount(present & ((1L << block) - 1));
            pairs.postings[count] = starts & 0xFFFF_FFFFL;
            count += (int) (present >>> block) & 1;
        }
        long maxima = columns.maxima().address();
        long records = columns.pairs().address();
        for (int i = 0; i < count; i++) {
            int pair = pairs.masks[i];
            int found = NativeMemory.intAt(records, pair);
            rest[pairs.slots[i]] -= factor * NativeMemory.unsignedByte(maxima + pair);
            pairs.masks[i] = found & 0xFFFF;
            pairs.postings[i] += found >>> 16;
        }
        pairs.count = count;
    }

    /** A value that about n others reach, found in a sample; the n-th largest where there are few values. */
    private float aboutNthLargest(float[] values, int count, int n) {
        int step = Math.min(count / SAMPLE, n / 2);
        if (step <= 1) {
            return nthLargest(values, count, n);
        }
        int sampled = 0;
        for (int i = step / 2; i < count; i += step) {
            sample[sampled++] = values[i];
            if (sampled == sample.length) {
                break;
            }
        }
        return nthLargest(sample, sampled, Math.max(1, n / step));
    }

    /** The n-th largest of some values, or the smallest if they are fewer; 0 if there are none. */
    private float nthLargest(float[] values, int count, int n) {
        if (count == 0) {
            return 0f;
        }
        if (scratch.length < count) {
            scratch = new float[Math.max(count, 2 * scratch.length)];
        }
        System.arraycopy(values, 0, scratch, 0, count);
        int wanted = Math.max(0, count - n);
        int low = 0;
        int high = count - 1;
        while (low < high) {
            float pivot = scratch[(low + high) >>> 1];
            int left = low;
            int right = high;
            while (left <= right) {
                while (scratch[left] < pivot) {
                    left++;
                }
                while (scratch[right] > pivot) {
                    right--;
                }
                if (left <= right) {
                    float value = scratch[left];
                    scratch[left++] = scratch[right];
                    scratch[right--] = value;
                }
            }
            if (wanted <= right) {
                high = right;
            } else if (wanted >= left) {
                low = left;
            } else {
                break;
            }
        }
        return scratch[wanted];
    }

    /** Scores a segment's documents exactly and offers them. */
    private static final class Scores {
        private final Segment segment;
        private final LiveDocuments live;
        private final int index;
        private final SegmentQuery query;
        private final @Nullable QuantisedQuery impacts;
        private final int wanted;
        private final TopK top;
        private final double slack;
        private final Accuracy accuracy;

        Scores(
                SegmentView view,
                int index,
                SegmentQuery query,
                @Nullable QuantisedQuery impacts,
                int k,
                Accuracy accuracy,
                TopK top) {
            this.wanted = k;
            this.segment = view.segment();
            this.live = view.live();
            this.index = index;
            this.query = query;
            this.impacts = impacts;
            this.top = top;
            this.slack = 1 - (query.blocked + query.listed + 8) * ROUNDING;
            this.accuracy = accuracy;
        }

        /** A document whose sum is not above this cannot be among the best. */
        float threshold() {
            double bound = impacts == null ? top.bound() : Integer.toUnsignedLong(impacts.largestSumUpTo(top.bound()));
            return lowered(bound);
        }

        /** A sum less what rounding may have added to it, or kept from another. */
        private float lowered(double sum) {
            return (float) Math.max(0, sum * slack - ABSOLUTE_ROUNDING);
        }

        /** Documents whose sum is less than this score less than one whose sum is {@code sum}. */
        float leastBeside(float sum) {
            // Scores of whole sums are rounded: several sums may have one.
            return lowered(
                    impacts == null
                            ? sum
                            : Integer.toUnsignedLong(impacts.largestSumUpTo(Math.nextDown(impacts.score((int) sum)))));
        }

        /** Documents wanted. */
        int wanted() {
            return wanted;
        }

        boolean isLive(int document) {
            return live.contains(document);
        }

        /** Blocks with an upper bound that is not above this are left out. */
        float blockThreshold() {
            return (float) (threshold() / accuracy.blocks());
        }

        /** Chunks with an upper bound that is not above this are left out. */
        float chunkThreshold() {
            return (float) (threshold() / accuracy.chunks());
        }

        void offer(int document, float sum) {
            float score = impacts == null ? (float) query.dot(segment, document) : impacts.score((int) sum);
            if (score > top.bound()) {
                top.offer(score, index, document);
            }
        }
    }
}
