package io.millrace.index.segment;

import java.util.List;

/**
 * The write buffer is a tail of runs: small segments in memory whose documents are durable one by one. Their number is
 * kept logarithmic by merging a run with its elders when it has caught up with them; durable segments follow the same
 * rule at their own pace.
 */
public final class Runs {
    // A neighbour joins a merge if it is at most this many times larger than what already takes part: each document is
    // then copied O(log n) times.
    private static final long GROWTH = 2;
    // In quiet times the largest is rewritten if the others have this part of its documents together.
    private static final long LEAST_GAIN = 8;

    private Runs() {}

    /** Whether a segment lives in memory only. */
    public static boolean isRun(SegmentView view) {
        return view.segment().info().id() == 0;
    }

    /**
     * Neighbours that are worth making one while nothing else is to be done, the youngest first; empty if there are none, or if
     * that would rewrite a large segment for the sake of little.
     *
     * @param views durable segments
     * @param maxDocuments most documents of the result
     */
    public static List<SegmentView> quietGroup(List<SegmentView> views, long maxDocuments) {
        for (int end = views.size(); end > 1; end--) {
            int first = quietTail(views, end, maxDocuments);
            if (first < end) {
                return views.subList(first, end);
            }
        }
        return List.of();
    }

    private static int quietTail(List<SegmentView> views, int end, long maxDocuments) {
        long documents = 0;
        long largest = 0;
        int gaining = end;
        for (int first = end - 1; first >= 0; first--) {
            long more = views.get(first).live().count();
            documents += more;
            largest = Math.max(largest, more);
            if (documents > maxDocuments) {
                break;
            }
            // Elders are taken along as long as none among them is rewritten for little.
            if (first < end - 1 && (documents - largest) * LEAST_GAIN >= largest) {
                gaining = first;
            }
        }
        return gaining;
    }

    /**
     * First of the youngest neighbours in [from, to) that should become one; {@code to} if none should.
     *
     * @param atLeast fewest neighbours worth a merge
     * @param maxDocuments most documents of the result
     */
    public static int mergeableTail(List<SegmentView> views, int from, int to, int atLeast, long maxDocuments) {
        if (to - from < atLeast) {
            return to;
        }
        int first = to - 1;
        long documents = views.get(first).live().count();
        while (first > from) {
            long elder = views.get(first - 1).live().count();
            if (elder > GROWTH * documents || documents + elder > maxDocuments) {
                break;
            }
            documents += elder;
            first--;
        }
        return to - first >= atLeast ? first : to;
    }
}
