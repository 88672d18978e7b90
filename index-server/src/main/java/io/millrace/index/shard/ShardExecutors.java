package io.millrace.index.shard;

import java.util.concurrent.Executor;

/**
 * Where a shard's work runs.
 *
 * @param owner the one thread that changes the shard; steps run there one after the other
 * @param flushes runs flushes; apart from merges, so that a long merge does not hold the write buffer up
 * @param merges runs merges
 */
public record ShardExecutors(Executor owner, Executor flushes, Executor merges) {
    /** Everything at once on the calling thread: for tools and tests. */
    public static ShardExecutors direct() {
        return new ShardExecutors(Runnable::run, Runnable::run, Runnable::run);
    }
}
