/**
 * What a training step minimises, and what it is told about the batch on the way. Start here:
 * {@link io.millrace.trainer.objective.Objective}.
 */
@NullMarked
package io.millrace.trainer.objective;

import org.jspecify.annotations.NullMarked;
