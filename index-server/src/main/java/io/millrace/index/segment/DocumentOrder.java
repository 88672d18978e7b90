package io.millrace.index.segment;

import java.util.List;

/** How a new segment's documents are ordered. */
@FunctionalInterface
public interface DocumentOrder {
    /**
     * An order of the live documents of some segments.
     *
     * @param views the segments
     * @param numbers by segment and document, its number among all live documents, or -1 if it is dead
     * @return the numbers in their new order
     */
    int[] of(List<SegmentView> views, int[][] numbers);
}
