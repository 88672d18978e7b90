/**
 * Measurements of speed and memory, side by side with peers where there are any; never part of a test. Start here:
 * {@link io.millrace.benchmarks.EncodeThroughput} for the model, {@link io.millrace.benchmarks.SearchLatency} for one
 * shard.
 */
@NullMarked
package io.millrace.benchmarks;

import org.jspecify.annotations.NullMarked;
