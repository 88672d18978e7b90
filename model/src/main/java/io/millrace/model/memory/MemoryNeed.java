package io.millrace.model.memory;

import io.millrace.model.InvalidModelException;
import io.millrace.model.safetensors.TensorInfo;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * Memory that a checkpoint's weights take, known from its headers alone. At the peak of a load all of them are held and
 * the largest a second time, while it is brought into the form it is used in.
 *
 * @param storedBytes bytes of all tensors on disk
 * @param heldBytes bytes of all weights once loaded
 * @param largestTensor name of the one that takes most once loaded; empty if there is none
 * @param largestBytes bytes of that one once loaded
 */
public record MemoryNeed(long storedBytes, long heldBytes, String largestTensor, long largestBytes) {
    private static final double GB = 1e9;

    /**
     * Of a checkpoint whose weights are all held in one type.
     *
     * @param heldAs type in memory; tensors of whole numbers are not weights and not held
     */
    public static MemoryNeed of(TensorSource source, TensorType heldAs) {
        return of(source, tensor -> tensor.type().isFloating() ? tensor.elements() * heldAs.bytes() : 0);
    }

    /**
     * Of a checkpoint whose weights are held in various forms.
     *
     * @param heldBytes bytes that a tensor takes once loaded
     */
    public static MemoryNeed of(TensorSource source, ToLongFunction<TensorInfo> heldBytes) {
        long stored = 0;
        long held = 0;
        String largest = "";
        long largestBytes = 0;
        for (String name : source.tensors()) {
            TensorInfo tensor = source.info(name);
            long bytes = heldBytes.applyAsLong(tensor);
            stored = Math.addExact(stored, tensor.end() - tensor.begin());
            held = Math.addExact(held, bytes);
            if (bytes > largestBytes) {
                largest = name;
                largestBytes = bytes;
            }
        }
        return new MemoryNeed(stored, held, largest, largestBytes);
    }

    /** Most bytes taken while loading. */
    public long peakBytes() {
        return Math.addExact(heldBytes, largestBytes);
    }

    /**
     * Refuses a model that does not fit.
     *
     * @param model what to call it in the message, such as its directory
     * @throws InvalidModelException if loading takes more than is available, with both figures and what to do
     */
    public void requireFits(String model, AvailableMemory available) {
        if (peakBytes() > available.bytes()) {
            throw new InvalidModelException(String.format(
                    Locale.ROOT,
                    "%s needs %.2f GB of memory (%.2f GB of weights, and %.2f GB while %s is prepared), but %.2f GB are "
                            + "available by %s; hold the weights in a narrower type, end other processes, or use a machine "
                            + "or container with more memory",
                    model,
                    peakBytes() / GB,
                    heldBytes / GB,
                    largestBytes / GB,
                    largestTensor,
                    available.bytes() / GB,
                    available.source()));
        }
    }
}
