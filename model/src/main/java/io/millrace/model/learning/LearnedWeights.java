package io.millrace.model.learning;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.engine.ArrayMemory;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.safetensors.InMemoryTensors;
import io.millrace.model.safetensors.OverlaidTensors;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
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
    private final Set<String> byHandAlone = new HashSet<>();
    private final Map<String, String> storedNames = new HashMap<>();
    private final Set<String> duplicates = new HashSet<>();

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

    /** Weights that are learned, in a fixed order. */
    Map<String, PtNDArray> learned() {
        return learned;
    }

    /** Names a weight whose gradient is computed by hand and never recorded. */
    void byHandAlone(String name) {
        byHandAlone.add(name);
    }

    /** Whether states depend on anything that is learned. */
    boolean recorded() {
        return !byHandAlone.containsAll(learned.keySet());
    }

    /** Number of single weights that are learned. */
    long learnedSize() {
        return learned.values().stream().mapToLong(PtNDArray::size).sum();
    }

    /** Says under which name a file holds a weight. */
    void stored(String name, String storedName) {
        storedNames.put(name, storedName);
    }

    /** Names a tensor of a file that is a second copy of a weight. */
    void duplicate(String storedName) {
        duplicates.add(storedName);
    }

    /**
     * The weights as they are now, adapters merged, in place of those of a file.
     *
     * @param files closed by the result
     */
    TensorSource over(TensorSource files) {
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        Set<String> factors = new HashSet<>();
        adapters.values().forEach(adapter -> factors.addAll(List.of(adapter.down(), adapter.up())));
        values.forEach((name, value) -> {
            LowRank adapter = adapters.get(name);
            if (adapter != null) {
                tensors.put(storedNames.getOrDefault(name, name), merged(value, adapter));
            } else if (learned.containsKey(name) && !factors.contains(name)) {
                tensors.put(storedNames.getOrDefault(name, name), ArrayMemory.shared(value));
            }
        });
        return new OverlaidTensors(files, new InMemoryTensors("the weights being learned", tensors), duplicates);
    }

    private Tensor merged(PtNDArray value, LowRank adapter) {
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            NDArray product = owned(named(adapter.up()).matMul(named(adapter.down())), local);
            NDArray change = owned(product.mul(adapter.scale()), local);
            return ArrayMemory.copy((PtNDArray) owned(change.add(value), local));
        }
    }

    private static NDArray owned(NDArray array, PtNDManager scope) {
        array.attach(scope);
        return array;
    }

    private PtNDArray named(String name) {
        return Objects.requireNonNull(values.get(name), name);
    }

    /** The factors of adapters where they are, under peft's names. */
    SortedMap<String, Tensor> factors() {
        SortedMap<String, Tensor> factors = new TreeMap<>();
        for (LowRank adapter : adapters.values()) {
            factors.put(adapter.down(), ArrayMemory.shared(named(adapter.down())));
            factors.put(adapter.up(), ArrayMemory.shared(named(adapter.up())));
        }
        return factors;
    }

    @Override
    public void close() {
        owner.close();
    }
}
