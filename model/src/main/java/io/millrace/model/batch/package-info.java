/**
 * Texts of different lengths as rectangles of token ids, with as little padding as the lengths allow. Start here:
 * {@link io.millrace.model.batch.BatchPlan}.
 */
@NullMarked
package io.millrace.model.batch;

import org.jspecify.annotations.NullMarked;
