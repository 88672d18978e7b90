/**
 * Snapshots of shards: a checkpoint of the database in a folder of its own, with a manifest that says what it is and what
 * each file must be. Making one needs a running shard; checking and restoring one needs no server. Start here:
 * {@link io.millrace.index.snapshot.Snapshot}.
 */
@NullMarked
package io.millrace.index.snapshot;

import org.jspecify.annotations.NullMarked;
