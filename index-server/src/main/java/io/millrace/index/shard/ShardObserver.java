package io.millrace.index.shard;

/** Told of a shard's work, from the thread that did it. Must be quick and never throw. */
public interface ShardObserver {
    /** Nobody is told. */
    ShardObserver NONE = new ShardObserver() {};

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
