package io.millrace.index.record;

/**
 * What a shard is, fixed at its creation.
 *
 * @param identity its name
 * @param spaceId space of its vectors: lower-case hexadecimal SHA-256
 * @param epoch epoch of the generation switch it was created under, from 1
 * @param weights how it keeps weights
 */
public record ShardDescriptor(ShardIdentity identity, String spaceId, long epoch, WeightScheme weights) {}
