package io.millrace.index.shard;

/** Told of a shard's work, from the thread that did it. Must be quick and never throw. */
public interface ShardObserver {
    /** Nobody is told. */
    ShardObserver NONE = new ShardObserver() {};

    /**
     * The moments between which a shard's disk changes, in the order that its durability rests on. A crash at any of them
     * loses nothing that was acknowledged.
     */
    enum Step {
        /** A group of batches is about to be written to the log and synced. */
        COMMITTING,
        /** It was; searches do not see it yet, and nobody was told. */
        COMMITTED,
        /** The write buffer became a segment in memory. */
        FLUSH_BUILT,
        /** The segment is on disk; no manifest names it. */
        FLUSH_STORED,
        /** Flushed, and what died meanwhile is known; the manifest is about to change. */
        FLUSH_NAMING,
        /** The manifest names the segment in place of the write buffer. */
        FLUSH_NAMED,
        /** Segments became one in memory. */
        MERGE_BUILT,
        /** The segment is on disk; no manifest names it. */
        MERGE_STORED,
        /** Merged, and what died meanwhile is known; the manifest is about to change. */
        MERGE_NAMING,
        /** The manifest names the segment in place of its inputs, which are still on disk. */
        MERGE_NAMED,
        /** The inputs of the merge are gone from the disk. */
        MERGE_REMOVED,
        /** A checkpoint is about to be made. */
        CHECKPOINTING,
        /** A checkpoint was made. */
        CHECKPOINTED
    }

    /** A step was reached; the work goes on when this returns. */
    default void reached(Step step) {}

    /**
     * A group of batches was written and synced.
     *
     * @param operations operations in the group
     * @param nanos time of the write and its sync
     */
    default void committed(int operations, long nanos) {}

    /** The write buffer became a segment, in so many nanoseconds. */
    default void flushed(long nanos) {}

    /** Segments became one, in so many nanoseconds. */
    default void merged(long nanos) {}

    /** A flush or merge failed; what it would have replaced stays, and it is tried again later. */
    default void maintenanceFailed(RuntimeException cause) {}
}
