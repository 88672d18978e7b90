package io.millrace.model.checkpoint;

import io.millrace.model.InvalidModelException;
import io.millrace.model.safetensors.ElementConversion;
import io.millrace.model.safetensors.TensorInfo;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;

/**
 * Weighted sums of the tensors of several sources, which have the same names and shapes. Sums are taken in double precision
 * and rounded once. What is no floating-point number, such as a buffer of positions, is the first source's. Closes all.
 */
final class AveragedTensors implements TensorSource {
    /** Elements that are summed at a time, unless one row has more. */
    private static final long TILE = 1 << 16;

    private final List<TensorSource> sources;
    private final double[] shares;

    /**
     * Over sources, which are closed with this one, and if they do not fit.
     *
     * @param shares of the sources, in their order
     * @throws InvalidModelException if names or shapes differ
     */
    AveragedTensors(List<TensorSource> sources, double[] shares) {
        this.sources = List.copyOf(sources);
        this.shares = shares.clone();
        try {
            for (TensorSource other : sources.subList(1, sources.size())) {
                requireAlike(sources.getFirst(), other);
                requireAlike(other, sources.getFirst());
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private static void requireAlike(TensorSource one, TensorSource other) {
        for (String tensor : one.tensors()) {
            if (!other.contains(tensor)) {
                String where =
                        other.tensors().stream().findAny().map(other::origin).orElse("a checkpoint without tensors");
                throw new InvalidModelException(where + " has no tensor " + tensor + ", which " + one.origin(tensor)
                        + " has; only checkpoints of one architecture can be averaged");
            }
            if (!one.info(tensor).shape().equals(other.info(tensor).shape())) {
                throw new InvalidModelException(other.origin(tensor) + ": tensor " + tensor + " has shape "
                        + other.info(tensor).shape() + ", but in " + one.origin(tensor) + " it has "
                        + one.info(tensor).shape() + "; only checkpoints of one architecture can be averaged");
            }
        }
    }

    @Override
    public Set<String> tensors() {
        return sources.getFirst().tensors();
    }

    @Override
    public TensorInfo info(String tensor) {
        return sources.getFirst().info(tensor);
    }

    @Override
    public TensorType exactType(String tensor) {
        TensorType stored = info(tensor).type();
        return stored.isFloating() ? TensorType.F32 : stored;
    }

    @Override
    public String origin(String tensor) {
        return sources.getFirst().origin(tensor);
    }

    @Override
    public void read(String tensor, long beginRow, long endRow, TensorType as, MemorySegment target) {
        TensorInfo info = info(tensor);
        if (!info.type().isFloating()) {
            sources.getFirst().read(tensor, beginRow, endRow, as, target);
            return;
        }
        long rowElements = info.elements() / Math.max(1, info.rows());
        TensorSource.requireSize(info, info.elements(beginRow, endRow), as, target);
        long rowsAtOnce = Math.max(1, TILE / Math.max(1, rowElements));
        ElementConversion conversion = new ElementConversion(origin(tensor), tensor, TensorType.F32, as);
        for (long row = beginRow; row < endRow; row += rowsAtOnce) {
            long end = Math.min(endRow, row + rowsAtOnce);
            MemorySegment part =
                    target.asSlice((row - beginRow) * rowElements * as.bytes(), (end - row) * rowElements * as.bytes());
            conversion.convert(
                    sum(tensor, row, end, Math.toIntExact((end - row) * rowElements)), part, row * rowElements);
        }
    }

    /** The weighted sum of some rows, fp32. */
    private MemorySegment sum(String tensor, long beginRow, long endRow, int elements) {
        double[] sums = new double[elements];
        float[] values = new float[elements];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment read = arena.allocate((long) elements * Float.BYTES, Float.BYTES);
            for (int source = 0; source < shares.length; source++) {
                sources.get(source).read(tensor, beginRow, endRow, TensorType.F32, read);
                MemorySegment.copy(read, ValueLayout.JAVA_FLOAT, 0, values, 0, elements);
                for (int i = 0; i < elements; i++) {
                    sums[i] += shares[source] * values[i];
                }
            }
        }
        for (int i = 0; i < elements; i++) {
            values[i] = (float) sums[i];
        }
        return MemorySegment.ofArray(values);
    }

    @Override
    public void close() {
        sources.forEach(TensorSource::close);
    }
}
