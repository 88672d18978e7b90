/**
 * Finding the terms that have no weight without computing their logits, with proof: {@code kernels/screening.py} has the
 * bound, this package what is learned for it and when it pays. Start here:
 * {@link io.millrace.model.head.screening.Screening}.
 */
@NullMarked
package io.millrace.model.head.screening;

import org.jspecify.annotations.NullMarked;
