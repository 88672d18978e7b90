package io.millrace.model.safetensors;

import java.nio.FloatBuffer;
import java.util.List;

/**
 * A tensor in memory, to be written.
 *
 * @param shape extent of each dimension, outermost first
 * @param values elements, position 0 to limit; not copied
 */
public record Tensor(List<Long> shape, FloatBuffer values) {
    /** Checks that the shape has as many elements as there are values. */
    public Tensor {
        shape = List.copyOf(shape);
        long elements = shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
        if (elements != values.limit()) {
            throw new IllegalArgumentException(
                    "shape " + shape + " has " + elements + " elements, but there are " + values.limit() + " values");
        }
    }
}
