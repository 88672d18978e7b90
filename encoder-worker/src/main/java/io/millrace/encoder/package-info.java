/**
 * The encoder worker: one model behind gRPC, batches of texts in, sparse vectors out, with explicit credit. Start here:
 * {@link io.millrace.encoder.EncoderWorker}, then {@code EncodeStream} and {@link io.millrace.encoder.batch.BatchQueue}.
 */
@NullMarked
package io.millrace.encoder;

import org.jspecify.annotations.NullMarked;
