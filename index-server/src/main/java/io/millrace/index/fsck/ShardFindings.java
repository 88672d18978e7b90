package io.millrace.index.fsck;

import io.millrace.index.store.Column;

/**
 * What is wrong with one shard.
 *
 * @param shard name of its folder
 * @param all where findings of all shards go
 */
record ShardFindings(String shard, Findings all) {
    /** A finding that is not about one family. */
    void add(String problem) {
        all.add("shard " + shard + ": " + problem);
    }

    /** A finding about a key, which says what it means. */
    void add(Column family, String key, String problem) {
        add(family + ", " + key + ": " + problem);
    }

    void note(String note) {
        all.note("shard " + shard + ": " + note);
    }
}
