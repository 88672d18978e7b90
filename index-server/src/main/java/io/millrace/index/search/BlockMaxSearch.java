package io.millrace.index.search;

import io.millrace.index.segment.SegmentView;
import io.millrace.vector.SparseVector;
import org.jspecify.annotations.Nullable;

/**
 * Exact top-k of one segment that reads only the blocks that can matter (block-max pruning: Mallia, Suel and Tonellotto, "Faster
 * Learned Sparse Retrieval with Block-Max Pruning", SIGIR 2024).
 *
 * <ol>
 *   <li>Superblocks are bounded by their terms' maxima there.
 *   <li>The blocks of the best superblocks are bounded too, and the best of those scored: the k-th sum so far is the threshold.
 *   <li>The blocks of all superblocks above the threshold are bounded; those above it are candidates.
 *   <li>Candidates are scored a few terms at a time, most important first, and dropped once what is left cannot lift their best
 *       document above the threshold.
 *   <li>The documents that are left are scored exactly.
 * </ol>
 *
 * <p>Sums before that are floats and only choose what is scored exactly. The threshold is lowered by more than their rounding could
 * be off, so that no document is lost. Keeps its memory between searches; for one thread.
 */
final class BlockMaxSearch {
    /** Most terms of a query whose sums of impacts are still exact in floats: 255 · 255 · 256 &lt; 2²⁴. */
    static final int MAX_TERMS = 256;

    private static final int SEED_CHUNKS = 16;
    private static final int SEED_BLOCKS = 24;
    // Candidates scored before the others: they lift the threshold.
    private static final int FIRST_CANDIDATES = 60;

    private final SegmentQuery query = new SegmentQuery();
    private final ListedPostings listed = new ListedPostings();
    private final BlockBounds bounds;
    private final Candidates candidates;
    private final Contenders contenders;

    BlockMaxSearch(BlockKernel kernel) {
        NthLargest ranks = new NthLargest();
        this.bounds = new BlockBounds(kernel, ranks);
        this.candidates = new Candidates(kernel, ranks);
        this.contenders = new Contenders(ranks);
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
        query.open(view.segment(), vector, impacts);
        if (query.blocked == 0) {
            return false;
        }
        SegmentSearch search = new SegmentSearch(view, index, query, impacts, k, accuracy, top);
        listed.open(view.segment(), query);
        boolean finite = bounds.open(search, listed);
        if (finite) {
            search(search);
        }
        listed.clear();
        return finite;
    }

    private void search(SegmentSearch search) {
        contenders.open(search);
        candidates.clear();
        if (contenders.threshold() == 0f) {
            bounds.boundBest(search, SEED_CHUNKS + search.k() / 64, listed, candidates);
            candidates.scoreBest(search, SEED_BLOCKS + search.k() / 8, listed, contenders);
            candidates.drop(blockThreshold(search));
        }
        float superblockThreshold =
                (float) (contenders.threshold() / search.accuracy().superblocks());
        bounds.boundOthers(search, superblockThreshold, blockThreshold(search), listed, candidates);
        if (candidates.count() > 2 * FIRST_CANDIDATES) {
            candidates.scoreBest(search, FIRST_CANDIDATES, listed, contenders);
            candidates.drop(blockThreshold(search));
        }
        candidates.scoreAll(search, listed, contenders);
        contenders.offer(search);
    }

    private float blockThreshold(SegmentSearch search) {
        return (float) (contenders.threshold() / search.accuracy().blocks());
    }
}
