/**
 * Measurements beside peers: the same texts, the same threads, interleaved runs. Start here:
 * {@link io.millrace.benchmarks.EncodeThroughput}.
 */
@NullMarked
package io.millrace.benchmarks;

import org.jspecify.annotations.NullMarked;
