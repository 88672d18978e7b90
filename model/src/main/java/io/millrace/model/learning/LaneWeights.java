package io.millrace.model.learning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.backbone.SlotSource;
import io.millrace.model.engine.LinearPacker.Inputs;
import io.millrace.model.head.learned.HeadWeights;
import java.util.List;
import java.util.Optional;

/**
 * The weights as one batch sees them, adapters included.
 *
 * @param lane whose gradients are added to
 * @param apart whether dropout leaves out some of what adapters read, so that they are not merged into weights
 * @param scope what is made of weights is freed with
 */
record LaneWeights(Lane lane, boolean apart, PtNDManager scope) implements SlotSource, HeadWeights {
    @Override
    public PtNDArray table(TensorSpec table) {
        return array(table);
    }

    @Override
    public PtNDArray array(TensorSpec tensor) {
        return adapter(tensor)
                .filter(adapter -> !apart)
                .map(adapter -> adapted(tensor, adapter))
                .orElseGet(() -> lane.leaf(tensor));
    }

    private Optional<LearnedWeights.LowRank> adapter(TensorSpec tensor) {
        return lane.weights().adapter(tensor.name());
    }

    @Override
    public Optional<LowRank> beside(LinearSpec linear) {
        List<TensorSpec> adapted = linear.weights().stream()
                .filter(tensor -> apart && adapter(tensor).isPresent())
                .toList();
        if (adapted.isEmpty()) {
            return Optional.empty();
        }
        NDList down = new NDList();
        NDList up = new NDList();
        for (TensorSpec tensor : linear.weights()) {
            Optional<LearnedWeights.LowRank> adapter = adapter(tensor);
            adapter.ifPresent(found -> down.add(lane.leaf(found.down())));
            up.add(reach(tensor, adapter, adapted));
        }
        return Optional.of(new LowRank(together(down, 0), together(up, 0), adapted.size()));
    }

    /** What of all adapters' products [N, modules r] reaches the rows of one weight: [rows, modules r]. */
    private PtNDArray reach(TensorSpec tensor, Optional<LearnedWeights.LowRank> adapter, List<TensorSpec> adapted) {
        NDList parts = new NDList();
        for (TensorSpec other : adapted) {
            LearnedWeights.LowRank found = adapter(other).orElseThrow();
            boolean own = adapter.filter(found::equals).isPresent();
            long rank = lane.leaf(found.up()).getShape().get(1);
            parts.add(
                    own
                            ? scaled(lane.leaf(found.up()), found.scale())
                            : ((NDManager) scope).zeros(new Shape(tensor.shape().getFirst(), rank)));
        }
        return together(parts, 1);
    }

    /** Arrays one behind the other. A single one stays itself: DJL would copy it, which is not recorded. */
    private PtNDArray together(NDList parts, int axis) {
        return parts.size() == 1 ? (PtNDArray) parts.head() : owned(NDArrays.concat(parts, axis));
    }

    /** W + α/r B A. A result joins its left operand's owner, which is the lane; so each is taken over. */
    private PtNDArray adapted(TensorSpec tensor, LearnedWeights.LowRank adapter) {
        NDArray product = owned(lane.leaf(adapter.up()).matMul(lane.leaf(adapter.down())));
        return owned(scaled(product, adapter.scale()).add(lane.leaf(tensor)));
    }

    /**
     * An array times a number. The way back reads the number again, from memory that is Java's: DJL's own product with a
     * number lets go of it at once, so that the garbage collector could free it before.
     */
    private PtNDArray scaled(NDArray array, double scale) {
        return owned(array.mul(((NDManager) scope).create((float) scale)));
    }

    private PtNDArray owned(NDArray array) {
        array.attach(scope);
        return (PtNDArray) array;
    }

    @Override
    public List<PtNDArray> linear(LinearSpec linear, Inputs inputs) {
        return linear(linear);
    }

    @Override
    public List<PtNDArray> linear(LinearSpec linear) {
        return List.of(
                stacked(linear.weights()), none(), linear.biases().isEmpty() ? none() : stacked(linear.biases()));
    }

    private PtNDArray stacked(List<TensorSpec> tensors) {
        if (tensors.size() == 1) {
            return array(tensors.getFirst());
        }
        NDList parts = new NDList();
        tensors.forEach(tensor -> parts.add(array(tensor)));
        return owned(NDArrays.concat(parts, 0));
    }

    @Override
    public PtNDArray value(TensorSpec tensor) {
        return lane.weights().value(tensor);
    }

    @Override
    public PtNDArray gradient(TensorSpec tensor) {
        return lane.byHand(tensor);
    }

    @Override
    public boolean recorded() {
        return lane.weights().recorded();
    }

    @Override
    public PtNDArray none() {
        return lane.none();
    }
}
