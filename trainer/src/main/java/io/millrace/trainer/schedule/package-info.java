/**
 * What changes with the optimiser's steps: the learning rate and the regularisers' weights. Both count optimiser steps, never
 * micro-batches, so that accumulating gradients changes neither. Start here: {@link io.millrace.trainer.schedule.Ramp}.
 */
@NullMarked
package io.millrace.trainer.schedule;

import org.jspecify.annotations.NullMarked;
