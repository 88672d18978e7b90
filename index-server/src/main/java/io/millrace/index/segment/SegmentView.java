package io.millrace.index.segment;

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

    /** Documents that were deleted or replaced but are still in the posting lists. */
    public int deadDocuments() {
        return segment.info().documents() - live.count();
    }
}
