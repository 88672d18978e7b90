package io.millrace.index.segment;

import io.millrace.index.filter.Filter;

/**
 * A segment as one state of the shard sees it.
 *
 * @param segment postings and ids
 * @param live which of its documents count
 */
public record SegmentView(Segment segment, LiveDocuments live) {
    /** A segment of which every document is live. */
    public static SegmentView of(Segment segment) {
        return new SegmentView(segment, LiveDocuments.all(segment.info().documents()));
    }

    /** The same, in which only documents that match a filter are live. */
    public SegmentView matching(Filter filter) {
        return new SegmentView(segment, live.and(segment.fields().matching(filter)));
    }

    /** Documents that were deleted or replaced but are still in the posting lists. */
    public int deadDocuments() {
        return segment.info().documents() - live.count();
    }
}
