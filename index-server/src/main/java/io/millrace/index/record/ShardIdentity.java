package io.millrace.index.record;

/**
 * Names one shard of one generation of a collection.
 *
 * @param collection collection name
 * @param generation generation, from 1
 * @param shard shard number, from 0
 */
public record ShardIdentity(String collection, long generation, int shard) implements Comparable<ShardIdentity> {
    @Override
    public int compareTo(ShardIdentity other) {
        int byCollection = collection.compareTo(other.collection);
        if (byCollection != 0) {
            return byCollection;
        }
        int byGeneration = Long.compareUnsigned(generation, other.generation);
        return byGeneration != 0 ? byGeneration : Integer.compareUnsigned(shard, other.shard);
    }

    /** Folder of the shard under the data directory; '.' cannot occur in a collection's name. */
    public String folder() {
        return collection + "." + Long.toUnsignedString(generation) + "." + Integer.toUnsignedString(shard);
    }

    @Override
    public String toString() {
        return collection + "/" + Long.toUnsignedString(generation) + "/" + Integer.toUnsignedString(shard);
    }
}
