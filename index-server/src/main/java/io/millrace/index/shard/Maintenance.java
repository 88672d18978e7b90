package io.millrace.index.shard;

import io.millrace.index.segment.DocumentOrder;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentMerger;
import io.millrace.index.segment.SegmentView;
import io.millrace.index.shard.ShardObserver.Step;
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
    /** Documents of a merge from which on they are reordered: those of a segment whose terms are blocked. */
    private static final int REORDERED = 1 << 14;

    /** What the inputs are, and the steps on the way. */
    enum Kind {
        /** Runs of the write buffer. */
        FLUSH(Step.FLUSH_BUILT, Step.FLUSH_STORED, Step.FLUSH_NAMING, Step.FLUSH_NAMED),
        /** Durable segments. */
        MERGE(Step.MERGE_BUILT, Step.MERGE_STORED, Step.MERGE_NAMING, Step.MERGE_NAMED);

        final Step built;
        final Step stored;
        final Step naming;
        final Step named;

        Kind(Step built, Step stored, Step naming, Step named) {
            this.built = built;
            this.stored = stored;
            this.naming = naming;
            this.named = named;
        }
    }

    Maintenance {
        inputs = List.copyOf(inputs);
        inputs.forEach(input -> input.segment().retain());
    }

    /**
     * Makes the new segment; null if no input has a live document.
     *
     * @param order of a large merge's documents
     */
    @Nullable
    Segment merge(DocumentOrder order) {
        int live = inputs.stream().mapToInt(input -> input.live().count()).sum();
        if (live == 0) {
            return null;
        }
        // What is flushed will soon be merged; ordering takes some 20 µs of a core a document.
        return kind == Kind.MERGE && live >= REORDERED
                ? SegmentMerger.mergeReordered(inputs, segmentId, order)
                : SegmentMerger.merge(inputs, segmentId);
    }

    void release() {
        inputs.forEach(input -> input.segment().release());
    }
}
