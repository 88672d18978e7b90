/**
 * What keeps vectors sparse: penalties on the weights of a batch, with their gradients. The published variants differ in what
 * they sum and average, so a weight λ of one is no weight of another; each has its name. Start here:
 * {@link io.millrace.trainer.regularizer.Regularizer}, then {@link io.millrace.trainer.regularizer.Flops}.
 */
@NullMarked
package io.millrace.trainer.regularizer;

import org.jspecify.annotations.NullMarked;
