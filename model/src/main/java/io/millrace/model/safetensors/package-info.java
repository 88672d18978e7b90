/**
 * Weights on disk: the safetensors format, read in chunks with every length checked, and written. A file is an 8-byte
 * little-endian header length, a JSON header (name to type, shape and byte range) and the tensors' bytes. Tensors pass
 * through one at a time, or some rows of one, in the type they will be used in. Start here:
 * {@link io.millrace.model.safetensors.TensorSource}, then {@link io.millrace.model.safetensors.WeightFiles}.
 */
@NullMarked
package io.millrace.model.safetensors;

import org.jspecify.annotations.NullMarked;
