/**
 * What a write means: batches of puts and deletes, decided one after the other, deterministically. Start here:
 * {@link io.millrace.index.batch.BatchApplication}.
 */
@NullMarked
package io.millrace.index.batch;

import org.jspecify.annotations.NullMarked;
