package io.millrace.model.head.learned;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What is added to the products of states and terms. */
public sealed interface TermBias {
    /** The tensor that holds it; empty for none. */
    Optional<TensorSpec> tensor();

    /**
     * Values as they are now.
     *
     * @param outputs number of terms V
     * @param owner what a new array is freed with
     * @return [V or more], or no elements for zeros
     */
    PtNDArray values(HeadWeights weights, int outputs, PtNDManager owner);

    /**
     * Adds gradients to those of the tensor.
     *
     * @param outputs number of terms V
     * @param work given where to add gradients by term [V or more]; no elements if none are wanted
     */
    <T> T gather(HeadWeights weights, int outputs, Function<PtNDArray, T> work);

    /**
     * Each term has its own.
     *
     * @param tensor [V or more]; empty for no bias
     */
    record Each(Optional<TensorSpec> tensor) implements TermBias {
        @Override
        public PtNDArray values(HeadWeights weights, int outputs, PtNDManager owner) {
            return tensor.map(weights::value).orElse(weights.none());
        }

        @Override
        public <T> T gather(HeadWeights weights, int outputs, Function<PtNDArray, T> work) {
            return work.apply(tensor.map(weights::gradient).orElse(weights.none()));
        }
    }

    /**
     * All terms have the same, but those that never have a weight (SPARTA).
     *
     * @param tensor of one element; empty for 0
     * @param dropped terms that never have a weight
     */
    record Shared(Optional<TensorSpec> tensor, List<Integer> dropped) implements TermBias {
        /** A bias that no product reaches up to. */
        private static final float DROPPED = -1e30f;

        /** Copies the list. */
        public Shared {
            dropped = List.copyOf(dropped);
        }

        @Override
        public PtNDArray values(HeadWeights weights, int outputs, PtNDManager owner) {
            float[] values = new float[outputs];
            tensor.ifPresent(bias -> Arrays.fill(values, weights.value(bias).toFloatArray()[0]));
            dropped.forEach(term -> values[term] = DROPPED);
            PtNDArray borrowed = (PtNDArray) ((NDManager) owner).create(values);
            // A copy, because libtorch would share the array's memory, which Java may take back from slices of it.
            return (PtNDArray) borrowed.duplicate();
        }

        @Override
        public <T> T gather(HeadWeights weights, int outputs, Function<PtNDArray, T> work) {
            PtNDArray own = tensor.map(weights::gradient).orElse(weights.none());
            if (own.size() == 0) {
                return work.apply(own);
            }
            try (PtNDManager local = PyTorchRuntime.newManager()) {
                NDArray byTerm = ((NDManager) local).zeros(new Shape(outputs));
                T result = work.apply((PtNDArray) byTerm);
                own.addi(byTerm.sum());
                return result;
            }
        }
    }
}
