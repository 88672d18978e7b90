package io.millrace.index.search;

import io.millrace.index.segment.BlockColumns;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;
import io.millrace.vector.SparseVector;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Exact top-k, one term after the other: every posting of every query term is added to its document's accumulator,
 * window by window of {@value ScoreWindow#SIZE} documents. No bounds, no skipping: the baseline that pruning must beat.
 *
 * <p>Safe for any thread; there are as many sets of accumulators (at most 768 KiB) as searches at a time, so run few at a time.
 */
public final class TermAtATimeSearcher implements Searcher {
    private final Recycled<Accumulators> accumulators;

    /** With the loops that suit this processor. */
    public TermAtATimeSearcher() {
        this(BlockKernel.suitable());
    }

    TermAtATimeSearcher(BlockKernel kernel) {
        this.accumulators = new Recycled<>(() -> new Accumulators(kernel));
    }

    @Override
    public List<ScoredDocument> search(SearchView view, SparseVector query, int k) {
        int wanted = (int) Math.min(k, view.liveDocuments());
        if (wanted == 0 || query.isEmpty()) {
            return List.of();
        }
        TopK top = new TopK(view.segments(), wanted);
        Accumulators sums = accumulators.take();
        ScoreWindow window = sums.window(query, view.weights());
        for (int i = 0; i < view.segments().size(); i++) {
            searchSegment(view.segments().get(i), i, query, window, top);
        }
        accumulators.giveBack(sums);
        return top.drain();
    }

    /** Offers the best documents of one segment. */
    static void searchSegment(SegmentView view, int index, SparseVector query, ScoreWindow window, TopK top) {
        Segment segment = view.segment();
        PostingCursors cursors = PostingCursors.open(segment, query);
        int documents = segment.info().documents();
        for (int first = 0; first < documents; first += ScoreWindow.SIZE) {
            int end = Math.min(documents, first + ScoreWindow.SIZE);
            boolean touched = false;
            for (int i = 0; i < cursors.count(); i++) {
                touched |= cursors.addTo(window, segment, i, first, end);
            }
            if (touched) {
                window.collect(view, index, first, end - first, top);
            }
        }
    }

    /** First place in [from, end) of a listed document at or after {@code document}; {@code end} if there is none. */
    private static long firstAtOrAfter(Segment segment, long from, long end, int document) {
        MemorySegment documents = segment.listedDocuments();
        long low = from;
        long high = end;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (documents.getAtIndex(ValueLayout.JAVA_INT, middle) < document) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * The posting lists of a segment that a query touches, in ascending order of terms.
     *
     * @param rows row of each term that is blocked, -1 for the others, to which the rest applies
     * @param next next place in the listed documents
     * @param ends end of the places
     * @param shifts from a place to its posting
     */
    private record PostingCursors(int count, int[] queryTerms, int[] rows, long[] next, long[] ends, long[] shifts) {
        static PostingCursors open(Segment segment, SparseVector query) {
            int size = query.size();
            PostingCursors cursors = new PostingCursors(
                    size, new int[size], new int[size], new long[size], new long[size], new long[size]);
            int count = 0;
            for (int i = 0; i < size; i++) {
                int place = segment.findTerm(query.ids()[i]);
                if (place >= 0) {
                    cursors.open(segment, place, count);
                    cursors.queryTerms[count++] = i;
                }
            }
            return new PostingCursors(
                    count, cursors.queryTerms, cursors.rows, cursors.next, cursors.ends, cursors.shifts);
        }

        private void open(Segment segment, int place, int cursor) {
            rows[cursor] = segment.blockedRow(place);
            if (rows[cursor] < 0) {
                next[cursor] = segment.documentStart(place);
                ends[cursor] = next[cursor] + segment.postings(place);
                shifts[cursor] = segment.postingStart(place) - next[cursor];
            }
        }

        /** Adds a list's postings of the documents in [first, end), which follow those added before. */
        boolean addTo(ScoreWindow window, Segment segment, int cursor, int first, int end) {
            if (rows[cursor] >= 0) {
                int endChunk = BlockColumns.chunks(end);
                window.addBlocked(
                        queryTerms[cursor], segment, rows[cursor], first / BlockColumns.CHUNK_DOCUMENTS, endChunk);
                return true;
            }
            long from = next[cursor];
            long to =
                    end == segment.info().documents() ? ends[cursor] : firstAtOrAfter(segment, from, ends[cursor], end);
            if (from == to) {
                return false;
            }
            window.add(queryTerms[cursor], segment, from, to, shifts[cursor], first);
            next[cursor] = to;
            return true;
        }
    }
}
