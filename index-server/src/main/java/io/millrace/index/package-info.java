/**
 * The index server: keeps shards and answers searches over them, as one process or as part of another. Start here:
 * {@link io.millrace.index.IndexServer}, then {@link io.millrace.index.shard.Shard} for what a write does and
 * {@link io.millrace.index.search.Searcher} for what a search does.
 */
@NullMarked
package io.millrace.index;

import org.jspecify.annotations.NullMarked;
