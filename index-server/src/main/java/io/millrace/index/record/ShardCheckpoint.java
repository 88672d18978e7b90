package io.millrace.index.record;

/**
 * What a checkpoint of a shard holds.
 *
 * @param descriptor the shard
 * @param appliedIndex its latest batch
 * @param documents live documents
 */
public record ShardCheckpoint(ShardDescriptor descriptor, long appliedIndex, long documents) {}
