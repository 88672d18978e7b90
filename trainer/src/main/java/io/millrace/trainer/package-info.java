/**
 * Fine-tunes sparse encoders: batches of texts in, a checkpoint with better weights out. What a step minimises is in
 * {@code loss} and {@code regularizer}, what it reads in {@code data}; tensors and their gradients are the model's.
 */
@NullMarked
package io.millrace.trainer;

import org.jspecify.annotations.NullMarked;
