/**
 * Sparse vectors and the bytes they travel as. Start here: {@link io.millrace.vector.SparseVector}, then
 * {@link io.millrace.vector.VectorBlockCodec}.
 */
@NullMarked
package io.millrace.vector;

import org.jspecify.annotations.NullMarked;
