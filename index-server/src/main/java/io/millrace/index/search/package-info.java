/**
 * Top-k over one state of a shard: the production searcher and the exhaustive one that it must equal. Start here:
 * {@link io.millrace.index.search.Searcher}.
 */
@NullMarked
package io.millrace.index.search;

import org.jspecify.annotations.NullMarked;
