package io.millrace.index.search;

import io.millrace.index.record.WeightScheme;
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
 * <p>Safe for any thread; each thread that searches keeps one set of accumulators (at most 768 KiB), so run searches on
 * few threads.
 */
public final class TermAtATimeSearcher implements Searcher {
    private final ThreadLocal<Accumulators> accumulators = ThreadLocal.withInitial(Accumulators::new);

    @Override
    public List<ScoredDocument> search(SearchView view, SparseVector query, int k) {
        int wanted = (int) Math.min(k, view.liveDocuments());
        if (wanted == 0 || query.isEmpty()) {
            return List.of();
        }
        TopK top = new TopK(view.segments(), wanted);
        ScoreWindow window = accumulators.get().window(query, view.weights());
        for (int i = 0; i < view.segments().size(); i++) {
            searchSegment(view.segments().get(i), i, query, window, top);
        }
        return top.drain();
    }

    private static void searchSegment(SegmentView view, int index, SparseVector query, ScoreWindow window, TopK top) {
        Segment segment = view.segment();
        PostingCursors cursors = PostingCursors.open(segment, query);
        int documents = segment.info().documents();
        for (int first = 0; first < documents; first += ScoreWindow.SIZE) {
            int end = Math.min(documents, first + ScoreWindow.SIZE);
            boolean touched = false;
            for (int i = 0; i < cursors.count(); i++) {
                long from = cursors.next()[i];
                long to = end == documents ? cursors.ends()[i] : firstAtOrAfter(segment, from, cursors.ends()[i], end);
                if (from < to) {
                    window.add(cursors.queryTerms()[i], segment, from, to, first);
                    cursors.next()[i] = to;
                    touched = true;
                }
            }
            if (touched) {
                window.collect(view, index, first, end - first, top);
            }
        }
    }

    /** First posting in [from, end) of a document at or after {@code document}; {@code end} if there is none. */
    private static long firstAtOrAfter(Segment segment, long from, long end, int document) {
        MemorySegment documents = segment.postingDocuments();
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

    /** The posting lists of a segment that a query touches, in ascending order of terms. */
    private record PostingCursors(int count, int[] queryTerms, long[] next, long[] ends) {
        static PostingCursors open(Segment segment, SparseVector query) {
            int size = query.size();
            int[] queryTerms = new int[size];
            long[] next = new long[size];
            long[] ends = new long[size];
            int count = 0;
            for (int i = 0; i < size; i++) {
                int place = segment.findTerm(query.ids()[i]);
                if (place >= 0) {
                    queryTerms[count] = i;
                    next[count] = segment.postingStart(place);
                    ends[count] = segment.postingStart(place + 1);
                    count++;
                }
            }
            return new PostingCursors(count, queryTerms, next, ends);
        }
    }

    /** One thread's reusable sums, allocated at the first search of each kind. */
    private static final class Accumulators {
        private double[] floats = new double[0];
        private int[] impacts = new int[0];

        ScoreWindow window(SparseVector query, WeightScheme weights) {
            if (weights.quantised()) {
                if (impacts.length == 0) {
                    impacts = new int[ScoreWindow.SIZE];
                }
                return new ImpactWindow(impacts, QuantisedQuery.of(query, weights));
            }
            if (floats.length == 0) {
                floats = new double[ScoreWindow.SIZE];
            }
            return new FloatWindow(floats, query.weights());
        }
    }
}
