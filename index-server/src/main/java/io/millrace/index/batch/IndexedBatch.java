package io.millrace.index.batch;

/**
 * A batch at its place in the shard's history.
 *
 * @param index place; higher than that of every batch before, not necessarily by one
 * @param batch what to apply
 */
public record IndexedBatch(long index, ShardBatch batch) {}
