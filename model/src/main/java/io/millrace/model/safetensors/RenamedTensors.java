package io.millrace.model.safetensors;

import io.millrace.model.InvalidModelException;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A source under other names, such as a layer norm's {@code gamma} under today's {@code weight}. */
public final class RenamedTensors implements TensorSource {
    private final TensorSource source;
    private final Map<String, String> stored = new LinkedHashMap<>();

    /**
     * Over a source, which is closed with this one.
     *
     * @param naming gives the new name of each tensor
     * @throws InvalidModelException if two tensors get the same name
     */
    public RenamedTensors(TensorSource source, UnaryOperator<String> naming) {
        this.source = source;
        for (String tensor : source.tensors()) {
            String other = stored.putIfAbsent(naming.apply(tensor), tensor);
            if (other != null) {
                throw new InvalidModelException(source.origin(tensor) + ": tensors " + other + " and " + tensor
                        + " are two names of the same weights; remove the one that does not belong there");
            }
        }
    }

    @Override
    public Set<String> tensors() {
        return Collections.unmodifiableSet(stored.keySet());
    }

    @Override
    public TensorInfo info(String tensor) {
        return source.info(storedName(tensor)).named(tensor);
    }

    @Override
    public TensorType exactType(String tensor) {
        return source.exactType(storedName(tensor));
    }

    @Override
    public String origin(String tensor) {
        return source.origin(storedName(tensor));
    }

    @Override
    public void read(String tensor, long beginRow, long endRow, TensorType as, MemorySegment target) {
        source.read(storedName(tensor), beginRow, endRow, as, target);
    }

    /** The name in the source; an unknown name as it is, for the source to refuse. */
    private String storedName(String tensor) {
        return stored.getOrDefault(tensor, tensor);
    }

    @Override
    public void close() {
        source.close();
    }
}
