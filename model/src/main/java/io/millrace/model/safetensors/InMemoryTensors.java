package io.millrace.model.safetensors;

import io.millrace.model.InvalidModelException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/** Tensors held as fp32, as a source. Safe for many threads as long as nobody changes the values. */
public final class InMemoryTensors implements TensorSource {
    private final String origin;
    private final SortedMap<String, Tensor> tensors;

    /**
     * Over tensors that stay the caller's.
     *
     * @param origin where they come from, for messages
     */
    public InMemoryTensors(String origin, SortedMap<String, Tensor> tensors) {
        this.origin = origin;
        this.tensors = tensors;
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            if (tensor.getValue().values().order() != ByteOrder.LITTLE_ENDIAN) {
                throw new IllegalArgumentException("values of " + tensor.getKey() + " must be in little-endian order");
            }
        }
    }

    @Override
    public Set<String> tensors() {
        return Collections.unmodifiableSet(tensors.keySet());
    }

    @Override
    public TensorInfo info(String name) {
        Tensor tensor = held(name);
        return new TensorInfo(
                name, TensorType.F32, tensor.shape(), 0, (long) tensor.values().limit() * Float.BYTES);
    }

    @Override
    public String origin(String tensor) {
        return origin;
    }

    @Override
    public void read(String name, long beginRow, long endRow, TensorType as, MemorySegment target) {
        TensorInfo info = info(name);
        long elements = info.elements(beginRow, endRow);
        TensorSource.requireSize(info, elements, as, target);
        long first = info.elements(0, beginRow);
        MemorySegment values =
                MemorySegment.ofBuffer(held(name).values().duplicate().rewind());
        new ElementConversion(origin, name, TensorType.F32, as)
                .convert(values.asSlice(first * Float.BYTES, elements * Float.BYTES), target, first);
    }

    private Tensor held(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new InvalidModelException(origin + ": there is no tensor " + name + " among " + tensors.size());
        }
        return tensor;
    }

    /** Does nothing. */
    @Override
    public void close() {}
}
