package io.millrace.index.segment;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Marks versions dead in the segments that hold them. */
public final class DeadMarks {
    private DeadMarks() {}

    /**
     * The same segments less some versions, as a list that the caller may change.
     *
     * @param views segments by ascending, disjoint ordinals
     * @param ordinals versions that were replaced or deleted; those in no segment are ignored
     */
    public static List<SegmentView> without(List<SegmentView> views, List<Long> ordinals) {
        Map<Integer, List<Integer>> dead = new HashMap<>();
        for (long ordinal : ordinals) {
            int place = placeOf(views, ordinal);
            int document = place < 0 ? -1 : views.get(place).segment().findOrdinal(ordinal);
            if (document >= 0) {
                dead.computeIfAbsent(place, p -> new ArrayList<>()).add(document);
            }
        }
        List<SegmentView> marked = new ArrayList<>(views);
        dead.forEach((place, documents) -> {
            SegmentView view = views.get(place);
            int[] gone = documents.stream().mapToInt(Integer::intValue).toArray();
            marked.set(place, new SegmentView(view.segment(), view.live().without(gone)));
        });
        return marked;
    }

    /** Last segment whose first ordinal is at most this one, or -1. */
    private static int placeOf(List<SegmentView> views, long ordinal) {
        List<Long> firsts = new ArrayList<>(views.size());
        for (SegmentView view : views) {
            firsts.add(view.segment().firstOrdinal());
        }
        int found = Collections.binarySearch(firsts, ordinal);
        return found >= 0 ? found : -found - 2;
    }
}
