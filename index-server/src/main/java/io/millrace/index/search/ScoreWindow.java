package io.millrace.index.search;

import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;

/**
 * Accumulators for a run of consecutive local documents, small enough to stay in a core's cache. For one thread; all
 * zero between windows.
 */
sealed interface ScoreWindow permits FloatWindow, ImpactWindow {
    /** Documents of a window: 512 KiB of doubles or 256 KiB of ints, within the second-level cache. */
    int SIZE = 1 << 16;

    /**
     * Adds one query term's products to the documents of its postings.
     *
     * @param queryTerm index of the term in the query
     * @param segment segment of the postings
     * @param from first posting
     * @param to end of the postings; all of them lie in the window
     * @param firstDocument local document at accumulator 0
     */
    void add(int queryTerm, Segment segment, long from, long to, int firstDocument);

    /**
     * Offers every live document with a score to the top-k, and sets the window back to zero.
     *
     * @param view segment and its live documents
     * @param index index of the segment in the search view
     * @param firstDocument local document at accumulator 0
     * @param count documents in the window
     * @param top where they go
     */
    void collect(SegmentView view, int index, int firstDocument, int count, TopK top);
}
