/**
 * From tokenised texts to inference batches: one thread owns the model, queries go before documents, and every batch is
 * cut by padded tokens. Start here: {@link io.millrace.encoder.batch.BatchQueue}, then
 * {@link io.millrace.encoder.batch.SortedWindow}.
 */
@NullMarked
package io.millrace.encoder.batch;

import org.jspecify.annotations.NullMarked;
