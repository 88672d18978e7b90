package io.millrace.model.safetensors;

import io.millrace.model.InvalidModelException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Named weights that are read a tensor, or some rows of one, at a time into the caller's memory, in the type they will be
 * used in. Whether an adapter was merged into them is not seen. Nothing read is kept here, so that a model takes the
 * memory it is held in and one chunk. Safe for many threads; an interrupted reader closes its file for the others too.
 */
public interface TensorSource extends AutoCloseable {
    /** Most elements that {@link #floats} gives: those of a Java buffer of 2 GiB. */
    int MAX_FLOATS = Integer.MAX_VALUE / Float.BYTES;

    /** Names of all tensors. Read-only. */
    Set<String> tensors();

    /** Whether there is a tensor of that name. */
    default boolean contains(String tensor) {
        return tensors().contains(tensor);
    }

    /**
     * Stored type and shape of a tensor.
     *
     * @throws InvalidModelException if there is none of that name
     */
    TensorInfo info(String tensor);

    /**
     * Type in which a tensor's values can be held without loss: the stored one, or F32 where they are computed, or where
     * they are stored as F64, which nothing here computes in.
     *
     * @throws InvalidModelException if there is none of that name
     */
    default TensorType exactType(String tensor) {
        TensorType stored = info(tensor).type();
        return stored == TensorType.F64 ? TensorType.F32 : stored;
    }

    /**
     * The file that a tensor comes from, for messages.
     *
     * @throws InvalidModelException if there is none of that name
     */
    String origin(String tensor);

    /**
     * Reads rows of a tensor, a row being all elements that share the first index.
     *
     * @param beginRow first row
     * @param endRow row after the last, at most {@link TensorInfo#rows()}
     * @param as type of the elements in {@code target}: F32, BF16 or F16, rounded to nearest with ties to even where it is
     *     narrower than the stored one (F64 through F32, as PyTorch does), or the stored type, whatever it is
     * @param target exactly as long as the rows, in heap or native memory; elements are little-endian, which is the order
     *     of every processor that the inference engine runs on; undefined after an exception
     * @throws InvalidModelException if there is no such tensor, its values cannot be given in that type, one is NaN,
     *     infinite or beyond the range of {@code as}, or the file was cut short since it was opened
     * @throws java.io.UncheckedIOException if the file cannot be read
     */
    void read(String tensor, long beginRow, long endRow, TensorType as, MemorySegment target);

    /** Reads a whole tensor; see {@link #read(String, long, long, TensorType, MemorySegment)}. */
    default void read(String tensor, TensorType as, MemorySegment target) {
        read(tensor, 0, info(tensor).rows(), as, target);
    }

    /**
     * Checks the caller's memory; for implementations of {@link #read(String, long, long, TensorType, MemorySegment)}.
     *
     * @throws IllegalArgumentException if {@code target} has not the size of {@code elements} of type {@code as}
     */
    static void requireSize(TensorInfo tensor, long elements, TensorType as, MemorySegment target) {
        if (target.byteSize() != elements * as.bytes()) {
            throw new IllegalArgumentException(elements + " elements of " + tensor.name() + " as " + as + " take "
                    + elements * as.bytes() + " bytes, but the target has " + target.byteSize());
        }
    }

    /**
     * Refuses a tensor of another shape.
     *
     * @param shape extents that the architecture asks for, outermost first
     * @throws InvalidModelException if there is no such tensor, or its shape differs
     */
    default void requireShape(String tensor, long... shape) {
        List<Long> expected = new ArrayList<>();
        for (long extent : shape) {
            expected.add(extent);
        }
        List<Long> found = info(tensor).shape();
        if (!found.equals(expected)) {
            throw new InvalidModelException(origin(tensor) + ": tensor " + tensor + " has shape " + found
                    + ", but config.json asks for " + expected
                    + "; weights and config.json are of different models: take both from one checkpoint");
        }
    }

    /**
     * A copy of a tensor as fp32, checked to have a shape.
     *
     * @param shape extents, outermost first
     * @return a direct buffer in little-endian order, position 0, limit = number of elements
     * @throws InvalidModelException if there is none of that name, its shape, type or values are not as they must be, or
     *     it has more than {@link #MAX_FLOATS} elements
     */
    default FloatBuffer floats(String tensor, long... shape) {
        requireShape(tensor, shape);
        return tensor(tensor).values();
    }

    /**
     * A copy of a tensor as fp32, with its shape.
     *
     * @throws InvalidModelException if there is none of that name, its type or values are not as they must be, or it has
     *     more than {@link #MAX_FLOATS} elements
     */
    default Tensor tensor(String tensor) {
        TensorInfo info = info(tensor);
        if (info.elements() > MAX_FLOATS) {
            throw new InvalidModelException(origin(tensor) + ": tensor " + tensor + " has " + info.elements()
                    + " elements; the limit is " + MAX_FLOATS + ": read it by rows");
        }
        ByteBuffer bytes =
                ByteBuffer.allocateDirect((int) info.elements() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        read(tensor, TensorType.F32, MemorySegment.ofBuffer(bytes));
        return new Tensor(info.shape(), bytes.asFloatBuffer());
    }

    /** Closes the files. Copies already taken stay valid. */
    @Override
    void close();
}
