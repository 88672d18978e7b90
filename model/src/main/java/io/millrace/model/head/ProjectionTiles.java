package io.millrace.model.head;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.engine.ArrayMath;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.ArrayList;
import java.util.List;

/** A projection in slices of the vocabulary, so that logits of all terms at all positions are never in memory at once. */
final class ProjectionTiles implements AutoCloseable {
    private static final int TILE = 1024;

    private final double scale;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final List<PtNDArray> slices = new ArrayList<>();
    private final List<PtNDArray> biases = new ArrayList<>();

    /**
     * Slices of a projection, and of a bias that the caller keeps and frees.
     *
     * @param outputs number of terms
     */
    ProjectionTiles(MlmHeadWeights weights, int outputs) {
        this.scale = weights.scale();
        for (int begin = 0; begin < outputs; begin += TILE) {
            int end = Math.min(begin + TILE, outputs);
            slices.add(weights.projection().rows(begin, end, owner));
            biases.add((PtNDArray) weights.bias().get(begin + ":" + end));
        }
    }

    /** Number of slices. */
    int size() {
        return slices.size();
    }

    /** Logits of a slice's terms at all positions: [B, T, tile], of states [B, T, H]. */
    NDArray logits(NDArray states, int slice) {
        return ArrayMath.linear(states, slices.get(slice), biases.get(slice)).mul(scale);
    }

    @Override
    public void close() {
        biases.forEach(PtNDArray::close);
        owner.close();
    }
}
