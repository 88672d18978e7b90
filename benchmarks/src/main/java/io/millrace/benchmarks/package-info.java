/**
 * Measurements that are not tests: run by hand, each prints what it measured and on how much data. Start here:
 * {@link io.millrace.benchmarks.SearchLatency}.
 */
@NullMarked
package io.millrace.benchmarks;

import org.jspecify.annotations.NullMarked;
