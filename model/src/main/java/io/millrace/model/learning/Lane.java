package io.millrace.model.learning;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.backbone.Drops;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One of several batches that are computed side by side. Lanes share the weights' memory, but each has gradients of its own,
 * which are added lane by lane afterwards: sums come out the same however threads take turns.
 */
final class Lane implements AutoCloseable {
    private final LearnedWeights weights;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final Map<String, PtNDArray> leaves = new LinkedHashMap<>();
    private final Map<String, PtNDArray> byHand = new LinkedHashMap<>();
    private final PtNDArray none;

    Lane(LearnedWeights weights) {
        this.weights = weights;
        this.none = (PtNDArray) ((NDManager) owner).zeros(new Shape(0));
        weights.learned().forEach((name, value) -> {
            // Shares memory, and nothing else.
            PtNDArray leaf = JniUtils.detachGradient(value);
            leaf.attach(owner);
            JniUtils.attachGradient(leaf, true);
            leaves.put(name, leaf);
        });
    }

    /**
     * The weights as a batch sees them.
     *
     * @param drops what dropout leaves out
     */
    LaneWeights in(PtNDManager scope, Optional<Drops> drops) {
        return new LaneWeights(this, drops.filter(drawn -> drawn.adapters() > 0).isPresent(), scope);
    }

    LearnedWeights weights() {
        return weights;
    }

    PtNDArray none() {
        return none;
    }

    /** A weight that gradients flow to, or, if it stays as it is, its values. */
    PtNDArray leaf(TensorSpec tensor) {
        PtNDArray leaf = leaves.get(tensor.name());
        return leaf == null ? weights.value(tensor) : leaf;
    }

    /** The same by name. */
    PtNDArray leaf(String name) {
        PtNDArray leaf = leaves.get(name);
        if (leaf == null) {
            throw new IllegalStateException(name + " is not learned");
        }
        return leaf;
    }

    /** Where gradients computed by hand are added; no elements if the weight is not learned. */
    PtNDArray byHand(TensorSpec tensor) {
        if (!leaves.containsKey(tensor.name())) {
            return none;
        }
        return byHand.computeIfAbsent(tensor.name(), missing ->
                (PtNDArray) ((NDManager) owner).zeros(leaf(tensor).getShape()));
    }

    /** What libtorch recorded for a weight; empty if nothing reached it. To be closed by the caller. */
    Optional<PtNDArray> recorded(String name) {
        PtNDArray leaf = leaf(name);
        return Optional.ofNullable(JniUtils.getGradient(leaf));
    }

    /** What was computed by hand for a weight; empty if nothing was. */
    Optional<PtNDArray> computed(String name) {
        return Optional.ofNullable(byHand.get(name));
    }

    /** What libtorch recorded for all weights. To be closed by the caller. */
    List<PtNDArray> recorded() {
        return leaves.keySet().stream()
                .map(this::recorded)
                .flatMap(Optional::stream)
                .toList();
    }

    /** What was computed by hand for all weights. */
    Collection<PtNDArray> computed() {
        return byHand.values();
    }

    @Override
    public void close() {
        owner.close();
    }
}
