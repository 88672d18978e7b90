package io.millrace.model.safetensors;

import java.util.List;

/**
 * Where a tensor lies in its file.
 *
 * @param name name in the file, such as {@code bert.embeddings.word_embeddings.weight}
 * @param type element type
 * @param shape extent of each dimension, outermost first; empty for a scalar
 * @param begin first byte, counted from the end of the header
 * @param end byte after the last, counted from the end of the header
 */
public record TensorInfo(String name, TensorType type, List<Long> shape, long begin, long end) {
    /** Copies the shape. */
    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /** Number of elements. */
    public long elements() {
        return (end - begin) / type.bytes();
    }
}
