/**
 * Durability: one RocksDB for each shard, and the only package that sees it. Keeps what must survive (documents,
 * vectors, sources, sessions, segments), in values that carry a format number and a checksum. Start here:
 * {@link io.millrace.index.store.ShardStore}.
 */
@NullMarked
package io.millrace.index.store;

import org.jspecify.annotations.NullMarked;
