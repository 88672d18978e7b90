package io.millrace.model.learning;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.engine.ArrayMemory;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.safetensors.InMemoryTensors;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The weights of a model by their checkpoint's names: those that are learned, and those that stay as they are. Changed by one
 * thread between batches; read by all lanes meanwhile.
 */
final class LearnedWeights implements AutoCloseable {
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final Map<String, PtNDArray> values = new LinkedHashMap<>();
    private final Map<String, PtNDArray> learned = new LinkedHashMap<>();
    private final Map<String, LowRank> adapters = new LinkedHashMap<>();

    /**
     * A change of a weight by a product of low rank (Hu et al. 2021).
     *
     * @param down A [r, in]
     * @param up B [out, r]
     * @param scale α / r
     */
    record LowRank(String down, String up, double scale) {}

    /** What new arrays are freed with. */
    PtNDManager owner() {
        return owner;
    }

    /**
     * Adds a weight.
     *
     * @param value handed over
     * @param learns whether it changes
     */
    void add(String name, PtNDArray value, boolean learns) {
        value.attach(owner);
        values.put(name, value);
        if (learns) {
            learned.put(name, value);
        }
    }

    /** Adds an adapter of a weight that stays as it is. */
    void adapt(String name, LowRank adapter) {
        adapters.put(name, adapter);
    }

    /** Whether there is a weight of that name. */
    boolean contains(String name) {
        return values.containsKey(name);
    }

    /** A weight, of which nothing is recorded. */
    PtNDArray value(TensorSpec tensor) {
        PtNDArray value = values.get(tensor.name());
        if (value == null) {
            throw new IllegalStateException(tensor.name() + " was not read");
        }
        return value;
    }

    /** The adapter of a weight. */
    Optional<LowRank> adapter(String name) {
        return Optional.ofNullable(adapters.get(name));
    }

    /** Adapters by the weight they change. */
    Map<String, LowRank> adapters() {
        return adapters;
    }

    /** Weights that are learned, in a fixed order. */
    Map<String, PtNDArray> learned() {
        return learned;
    }

    /** Number of single weights that are learned. */
    long learnedSize() {
        return learned.values().stream().mapToLong(PtNDArray::size).sum();
    }

    /** Copies of some weights as they are now. */
    TensorSource copy(List<String> names) {
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        for (String name : names) {
            PtNDArray value = values.get(name);
            if (value == null) {
                throw new IllegalStateException(name + " was not read");
            }
            tensors.put(name, ArrayMemory.copy(value));
        }
        return new InMemoryTensors("the weights being learned", tensors);
    }

    /** Names of all weights that a checkpoint holds: without the factors of adapters. */
    List<String> names() {
        List<String> names = new ArrayList<>(values.keySet());
        adapters.values().forEach(adapter -> names.removeAll(List.of(adapter.down(), adapter.up())));
        return names;
    }

    @Override
    public void close() {
        owner.close();
    }
}
