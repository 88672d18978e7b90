package io.millrace.index.record;

/**
 * Numbers that every batch moves on, written with it.
 *
 * @param appliedIndex index of the latest batch
 * @param nextOrdinal ordinal of the next document version
 * @param clippedWeights weights that were larger than the scale, since creation
 * @param sessionClock next tick of the session table, which orders its clients by use
 */
public record ShardCounters(long appliedIndex, long nextOrdinal, long clippedWeights, long sessionClock) {
    /** A new shard's counters. */
    public static final ShardCounters ZERO = new ShardCounters(0, 0, 0, 0);
}
