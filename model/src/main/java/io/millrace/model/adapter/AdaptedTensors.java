package io.millrace.model.adapter;

import io.millrace.model.InvalidModelException;
import io.millrace.model.safetensors.ElementConversion;
import io.millrace.model.safetensors.TensorInfo;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A base's weights with a LoRA adapter merged in as they are read: W + scale · B · A, computed in fp32 from the stored
 * values and rounded once to the type asked for. Modules that the adapter saved whole replace the base's, or are added to
 * them. Safe for many threads.
 */
public final class AdaptedTensors implements TensorSource {
    /** File name of an adapter's configuration. */
    public static final String CONFIG = "adapter_config.json";

    /** File name of an adapter's tensors. */
    public static final String WEIGHTS = "adapter_model.safetensors";

    /** Elements merged at once: 1 MiB of fp32. */
    private static final int CHUNK_ELEMENTS = 1 << 18;

    private final TensorSource base;
    private final LoraAdapter adapter;
    private final Set<String> names;

    private AdaptedTensors(TensorSource base, LoraAdapter adapter) {
        this.base = base;
        this.adapter = adapter;
        this.names = new LinkedHashSet<>(base.tensors());
        names.addAll(adapter.whole().keySet());
    }

    /**
     * Merges adapters one after the other, each into the result of those before it. Only headers are read.
     *
     * @param base closed with the result, or when this throws
     * @param directories of adapters as peft saves them, with {@link #CONFIG} and {@link #WEIGHTS}
     * @return {@code base} itself if there are no adapters
     * @throws InvalidModelException if an adapter is damaged, of a kind that is not understood, or does not fit the base
     * @throws IOException if a file cannot be read
     */
    public static TensorSource open(TensorSource base, List<Path> directories) throws IOException {
        TensorSource merged = base;
        List<LoraAdapter> opened = new ArrayList<>();
        try {
            for (Path directory : directories) {
                opened.add(LoraAdapter.open(merged, directory));
                merged = new AdaptedTensors(merged, opened.getLast());
            }
            return merged;
        } catch (IOException | RuntimeException e) {
            opened.forEach(adapter -> adapter.weights().close());
            base.close();
            throw e;
        }
    }

    @Override
    public Set<String> tensors() {
        return Collections.unmodifiableSet(names);
    }

    /** Type and shape; of a weight that is changed, the type is that of the base. */
    @Override
    public TensorInfo info(String tensor) {
        String whole = adapter.whole().get(tensor);
        return whole == null ? base.info(tensor) : adapter.weights().info(whole).named(tensor);
    }

    @Override
    public TensorType exactType(String tensor) {
        if (adapter.products().containsKey(tensor)) {
            return TensorType.F32;
        }
        String whole = adapter.whole().get(tensor);
        return whole == null ? base.exactType(tensor) : adapter.weights().exactType(whole);
    }

    @Override
    public String origin(String tensor) {
        String whole = adapter.whole().get(tensor);
        if (whole != null) {
            return adapter.weights().origin(whole);
        }
        String origin = base.origin(tensor);
        return adapter.products().containsKey(tensor)
                ? origin + " with " + adapter.weights().file()
                : origin;
    }

    @Override
    public void read(String tensor, long beginRow, long endRow, TensorType as, MemorySegment target) {
        LowRankProduct product = adapter.products().get(tensor);
        if (product == null) {
            readUnchanged(tensor, beginRow, endRow, as, target);
            return;
        }
        TensorInfo info = info(tensor);
        long elements = info.elements(beginRow, endRow);
        TensorSource.requireSize(info, elements, as, target);
        if (elements == 0) {
            return;
        }
        ElementConversion conversion = new ElementConversion(origin(tensor), tensor, TensorType.F32, as);
        LowRankFactors factors = product.load();
        int columns = Math.toIntExact(info.elements(beginRow, beginRow + 1));
        int chunkRows = (int) Math.clamp(CHUNK_ELEMENTS / columns, 1, endRow - beginRow);
        float[] weights = new float[chunkRows * columns];
        for (long row = beginRow; row < endRow; row += chunkRows) {
            int rows = (int) Math.min(chunkRows, endRow - row);
            MemorySegment chunk = MemorySegment.ofArray(weights).asSlice(0, (long) rows * columns * Float.BYTES);
            readUnchanged(tensor, row, row + rows, TensorType.F32, chunk);
            factors.addTo(weights, columns, row, rows);
            long done = info.elements(beginRow, row);
            conversion.convert(
                    chunk,
                    target.asSlice(done * as.bytes(), (long) rows * columns * as.bytes()),
                    info.elements(0, row));
        }
    }

    /** Without the product: the adapter may have saved a module whole and changed it too. */
    private void readUnchanged(String tensor, long beginRow, long endRow, TensorType as, MemorySegment target) {
        String whole = adapter.whole().get(tensor);
        if (whole == null) {
            base.read(tensor, beginRow, endRow, as, target);
        } else {
            adapter.weights().read(whole, beginRow, endRow, as, target);
        }
    }

    /** Closes the adapters' files and the base. */
    @Override
    public void close() {
        try {
            adapter.weights().close();
        } finally {
            base.close();
        }
    }
}
