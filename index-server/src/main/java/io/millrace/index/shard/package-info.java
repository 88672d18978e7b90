/**
 * One shard as a state machine: batches go in by index, immutable searchable states come out; flush and merge run
 * beside it and come back as one more step of its owner thread. Start here: {@link io.millrace.index.shard.Shard}.
 */
@NullMarked
package io.millrace.index.shard;

import org.jspecify.annotations.NullMarked;
