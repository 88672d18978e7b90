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

    /**
     * Live documents that have a term: the length of its posting list, unless some of its documents may be dead; then the list
     * is read.
     */
    public int documentsWith(int term) {
        int place = segment.findTerm(term);
        if (place < 0) {
            return 0;
        }
        int postings = segment.postings(place);
        if (deadDocuments() == 0) {
            return postings;
        }
        int[] documents = new int[postings];
        segment.readDocuments(place, documents);
        int found = 0;
        for (int document : documents) {
            found += live.contains(document) ? 1 : 0;
        }
        return found;
    }

    /** Documents that were deleted or replaced but are still in the posting lists. */
    public int deadDocuments() {
        return segment.info().documents() - live.count();
    }
}
