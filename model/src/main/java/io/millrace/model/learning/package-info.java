/**
 * A checkpoint whose weights change: texts to sparse vectors, gradients of those vectors back to the weights, and the step
 * that follows them. Start here: {@link io.millrace.model.learning.LearningModel}.
 */
@NullMarked
package io.millrace.model.learning;

import org.jspecify.annotations.NullMarked;
