/**
 * Golden texts: whether two encoders of a model, here and elsewhere, give the same vectors. Start here:
 * {@link io.millrace.model.parity.GoldenVectors}.
 */
@NullMarked
package io.millrace.model.parity;

import org.jspecify.annotations.NullMarked;
