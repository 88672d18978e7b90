/**
 * Measurements that anyone can repeat on a checkpoint and texts of their own. Each configuration of an encoder runs in a
 * process of its own, so that memory and start-up are its own too; {@code search} measures a shard. Start here:
 * {@link io.millrace.deploy.bench.BenchEncodeCommand}.
 */
@NullMarked
package io.millrace.deploy.bench;

import org.jspecify.annotations.NullMarked;
