/**
 * Heads through which gradients flow back. Most of a head's work is computed without libtorch's record of it, and its
 * gradient by hand, because almost every term of a text has weight 0 and no gradient at all. Start here:
 * {@link io.millrace.model.head.learned.LearnedHead}.
 */
@NullMarked
package io.millrace.model.head.learned;

import org.jspecify.annotations.NullMarked;
