package io.millrace.model.safetensors;

import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/** A source of which some tensors are replaced, some are left out, and some are added. Closes both sources. */
public final class OverlaidTensors implements TensorSource {
    private final TensorSource base;
    private final TensorSource overlay;
    private final Set<String> names;

    /**
     * Lays tensors over others.
     *
     * @param overlay tensors that stand in for those of the same name, or are new
     * @param dropped names of the base's tensors that are left out
     */
    public OverlaidTensors(TensorSource base, TensorSource overlay, Collection<String> dropped) {
        this.base = base;
        this.overlay = overlay;
        Set<String> all = new TreeSet<>(base.tensors());
        all.removeAll(dropped);
        all.addAll(overlay.tensors());
        this.names = Collections.unmodifiableSet(all);
    }

    private TensorSource of(String tensor) {
        return overlay.contains(tensor) ? overlay : base;
    }

    @Override
    public Set<String> tensors() {
        return names;
    }

    @Override
    public TensorInfo info(String tensor) {
        return of(tensor).info(tensor);
    }

    @Override
    public TensorType exactType(String tensor) {
        return of(tensor).exactType(tensor);
    }

    @Override
    public String origin(String tensor) {
        return of(tensor).origin(tensor);
    }

    @Override
    public void read(String tensor, long beginRow, long endRow, TensorType as, MemorySegment target) {
        of(tensor).read(tensor, beginRow, endRow, as, target);
    }

    @Override
    public void close() {
        overlay.close();
        base.close();
    }
}
