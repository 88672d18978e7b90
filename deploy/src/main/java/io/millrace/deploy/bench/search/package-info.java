/**
 * Builds one shard from ready-made vectors, in this process, and measures it: ingest, size, latency, throughput, and how much
 * of the exact ranking comes back. Start here: {@link io.millrace.deploy.bench.search.BenchSearchCommand}.
 */
@NullMarked
package io.millrace.deploy.bench.search;

import org.jspecify.annotations.NullMarked;
