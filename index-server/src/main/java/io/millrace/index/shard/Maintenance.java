package io.millrace.index.shard;

import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentMerger;
import io.millrace.index.segment.SegmentView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One flush or merge: neighbouring segments, as they were when it began, that become one. Holds its inputs until
 * {@link #release}.
 *
 * @param kind flush or merge
 * @param segmentId number of the segment to make
 * @param inputs neighbours in the shard's order
 * @param firstOrdinal lowest ordinal that only the inputs can hold
 * @param lastOrdinal highest ordinal that only the inputs can hold
 */
record Maintenance(Kind kind, int segmentId, List<SegmentView> inputs, long firstOrdinal, long lastOrdinal) {
    /** What the inputs are. */
    enum Kind {
        /** Runs of the write buffer. */
        FLUSH,
        /** Durable segments. */
        MERGE
    }

    Maintenance {
        inputs = List.copyOf(inputs);
        inputs.forEach(input -> input.segment().retain());
    }

    /** Makes the new segment; null if no input has a live document. */
    @Nullable
    Segment merge() {
        boolean anyLive = inputs.stream().anyMatch(input -> input.live().count() > 0);
        return anyLive ? SegmentMerger.merge(inputs, segmentId) : null;
    }

    void release() {
        inputs.forEach(input -> input.segment().release());
    }
}
