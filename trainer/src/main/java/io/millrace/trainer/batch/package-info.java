/**
 * The vectors of a training step, their dot products, and the way back from slopes of scores to slopes of weights: work and
 * memory follow the non-zeros. Start here: {@link io.millrace.trainer.batch.TrainingVectors}, then
 * {@link io.millrace.trainer.batch.DotProducts}.
 */
@NullMarked
package io.millrace.trainer.batch;

import org.jspecify.annotations.NullMarked;
