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

    private Runs() {}

    /** Whether a segment lives in memory only. */
    public static boolean isRun(SegmentView view) {
        return view.segment().info().id() == 0;
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
