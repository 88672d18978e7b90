package io.millrace.index.search;

import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;
import io.millrace.vector.SparseVector;
import java.util.List;

/**
 * The exact searcher that servers use: segments with blocked terms are pruned, others are read in full. Large segments go first,
 * so that the small ones find a threshold.
 *
 * <p>Safe for any thread; keeps as much working memory as there were searches at a time, each some 20 bytes a block of the largest
 * segment.
 */
public final class PrunedSearcher implements Searcher {
    /** For more than this share of a segment's documents (770 of 231,000, measured) reading all postings is faster. */
    private static final int LARGEST_SHARE = 256;

    private final int largestShare;
    private final Recycled<Memory> memories;

    private record Memory(BlockMaxSearch blocks, Accumulators sums) {}

    private PrunedSearcher(int largestShare, BlockKernel kernel) {
        this.largestShare = largestShare;
        this.memories = new Recycled<>(() -> new Memory(new BlockMaxSearch(kernel), new Accumulators(kernel)));
    }

    /** With the loops that suit this processor. */
    public static PrunedSearcher create() {
        return new PrunedSearcher(LARGEST_SHARE, BlockKernel.suitable());
    }

    /** With other loops, whatever share of a segment is wanted. */
    static PrunedSearcher always(BlockKernel kernel) {
        return new PrunedSearcher(1, kernel);
    }

    @Override
    public List<ScoredDocument> search(SearchView view, SparseVector query, int k) {
        return search(view, query, k, Accuracy.EXACT);
    }

    @Override
    public List<ScoredDocument> search(SearchView view, SparseVector query, int k, Accuracy accuracy) {
        int wanted = (int) Math.min(k, view.liveDocuments());
        if (wanted == 0 || query.isEmpty()) {
            return List.of();
        }
        TopK top = new TopK(view.segments(), wanted);
        QuantisedQuery impacts = view.weights().quantised() ? QuantisedQuery.of(query, view.weights()) : null;
        Memory memory = memories.take();
        ScoreWindow window = memory.sums.window(query, view.weights());
        for (int index : largestFirst(view.segments())) {
            SegmentView segment = view.segments().get(index);
            if (segment.live().count() == 0) {
                continue;
            }
            if (!isWorthPruning(segment.segment(), query, wanted)
                    || !memory.blocks.search(segment, index, query, impacts, wanted, accuracy, top)) {
                TermAtATimeSearcher.searchSegment(segment, index, query, window, top);
            }
        }
        memories.giveBack(memory);
        return top.drain();
    }

    private boolean isWorthPruning(Segment segment, SparseVector query, int wanted) {
        return segment.blocks().rows() > 0
                && query.size() <= BlockMaxSearch.MAX_TERMS
                && (largestShare == 1 || wanted <= segment.info().documents() / largestShare);
    }

    private static int[] largestFirst(List<SegmentView> segments) {
        int[] order = new int[segments.size()];
        for (int i = 0; i < order.length; i++) {
            int documents = segments.get(i).segment().info().documents();
            int at = i;
            // There are some tens of them at most.
            while (at > 0 && segments.get(order[at - 1]).segment().info().documents() < documents) {
                order[at] = order[at - 1];
                at--;
            }
            order[at] = i;
        }
        return order;
    }
}
