package io.millrace.model.architecture;

import java.util.ArrayList;
import java.util.List;

/**
 * A tensor that a checkpoint must hold.
 *
 * @param name in the checkpoint
 * @param shape extents, outermost first
 */
public record TensorSpec(String name, List<Long> shape) {
    /** Copies the shape. */
    public TensorSpec {
        shape = List.copyOf(shape);
    }

    /** A tensor of these extents. */
    public static TensorSpec of(String name, long... shape) {
        List<Long> extents = new ArrayList<>();
        for (long extent : shape) {
            extents.add(extent);
        }
        return new TensorSpec(name, extents);
    }

    /** Product of the extents. */
    public long elements() {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }
}
