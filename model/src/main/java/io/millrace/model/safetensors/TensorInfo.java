package io.millrace.model.safetensors;

import java.util.List;
import java.util.Objects;

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

    /** First extent, the unit in which a part of a tensor is read; 1 for a scalar. */
    public long rows() {
        return shape.isEmpty() ? 1 : shape.getFirst();
    }

    /**
     * Number of elements of some rows.
     *
     * @throws IndexOutOfBoundsException if there are no such rows
     */
    public long elements(long beginRow, long endRow) {
        Objects.checkFromToIndex(beginRow, endRow, rows());
        return rows() == 0 ? 0 : elements() / rows() * (endRow - beginRow);
    }

    /** The same tensor under another name. */
    public TensorInfo named(String other) {
        return new TensorInfo(other, type, shape, begin, end);
    }
}
