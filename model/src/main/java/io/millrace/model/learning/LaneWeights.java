package io.millrace.model.learning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.backbone.SlotSource;
import io.millrace.model.engine.LinearPacker.Inputs;
import io.millrace.model.head.learned.HeadWeights;
import java.util.List;

/**
 * The weights as one batch sees them, adapters included.
 *
 * @param lane whose gradients are added to
 * @param scope what is made of weights is freed with
 */
record LaneWeights(Lane lane, PtNDManager scope) implements SlotSource, HeadWeights {
    @Override
    public PtNDArray table(TensorSpec table) {
        return array(table);
    }

    @Override
    public PtNDArray array(TensorSpec tensor) {
        return lane.weights()
                .adapter(tensor.name())
                .map(adapter -> adapted(tensor, adapter))
                .orElseGet(() -> lane.leaf(tensor));
    }

    /** W + α/r B A. A result joins its left operand's owner, which is the lane; so each is taken over. */
    private PtNDArray adapted(TensorSpec tensor, LearnedWeights.LowRank adapter) {
        NDArray product = owned(lane.leaf(adapter.up()).matMul(lane.leaf(adapter.down())));
        NDArray change = owned(product.mul(adapter.scale()));
        return owned(change.add(lane.leaf(tensor)));
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
