/**
 * Weights on disk: the safetensors format, read from a memory map with every length checked, and written. A file is an
 * 8-byte little-endian header length, a JSON header (name to type, shape and byte range) and the tensors' bytes. Start
 * here: {@link io.millrace.model.safetensors.WeightFiles}.
 */
@NullMarked
package io.millrace.model.safetensors;

import org.jspecify.annotations.NullMarked;
