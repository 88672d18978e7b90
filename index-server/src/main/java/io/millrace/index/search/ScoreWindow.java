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
     * Adds one query term's products to the documents of postings that are listed.
     *
     * @param queryTerm index of the term in the query
     * @param segment segment of the postings
     * @param from first place in the segment's listed documents
     * @param to end of the places; all of their documents lie in the window
     * @param shift from a place to its posting
     * @param firstDocument local document at accumulator 0
     */
    void add(int queryTerm, Segment segment, long from, long to, long shift, int firstDocument);

    /**
     * The same for a blocked term.
     *
     * @param row of the term
     * @param firstChunk first chunk of the window, whose first document is at accumulator 0
     * @param endChunk end of the window's chunks
     */
    void addBlocked(int queryTerm, Segment segment, int row, int firstChunk, int endChunk);

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
