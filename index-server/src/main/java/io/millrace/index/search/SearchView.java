package io.millrace.index.search;

import io.millrace.index.filter.Filter;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.segment.SegmentView;
import java.util.List;

/**
 * What a search runs over: an immutable state of a shard.
 *
 * @param weights how its postings keep weights
 * @param segments all of its segments, in memory only or on disk too, with their live documents
 */
public record SearchView(WeightScheme weights, List<SegmentView> segments) {
    /** The same, in which only documents that match a filter are live. */
    public SearchView matching(Filter filter) {
        return new SearchView(
                weights,
                segments.stream().map(segment -> segment.matching(filter)).toList());
    }

    /** Live documents. */
    public long liveDocuments() {
        long live = 0;
        for (SegmentView segment : segments) {
            live += segment.live().count();
        }
        return live;
    }
}
