package io.millrace.model.head.learned;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.ArrayList;
import java.util.List;

/**
 * A projection in slices of the vocabulary, which share its memory.
 *
 * @param owner what the slices are freed with
 * @param tiles [tile, H]
 * @param bias of all terms [V], zeros for none
 * @param biases [tile]
 */
record ProjectionSlices(PtNDManager owner, List<PtNDArray> tiles, PtNDArray bias, List<PtNDArray> biases)
        implements AutoCloseable {
    /** Terms of a slice, as in serving: products of a slice stay in cache until they are reduced. */
    private static final int TILE = 1024;

    /**
     * Slices.
     *
     * @param table [V or more, H]
     * @param bias [V or more], or no elements
     * @param outputs number of terms V
     */
    static ProjectionSlices of(PtNDArray table, PtNDArray bias, int outputs) {
        PtNDManager owner = PyTorchRuntime.newManager();
        PtNDArray all = bias.size() == 0
                ? (PtNDArray) ((NDManager) owner).zeros(new Shape(outputs))
                : slice(bias, 0, outputs, owner);
        List<PtNDArray> tiles = new ArrayList<>();
        List<PtNDArray> biases = new ArrayList<>();
        for (int begin = 0; begin < outputs; begin += TILE) {
            int end = Math.min(begin + TILE, outputs);
            tiles.add(slice(table, begin, end, owner));
            biases.add(slice(all, begin, end, owner));
        }
        return new ProjectionSlices(owner, tiles, all, biases);
    }

    private static PtNDArray slice(PtNDArray array, int begin, int end, PtNDManager owner) {
        PtNDArray rows = (PtNDArray) array.get(begin + ":" + end);
        rows.attach(owner);
        return rows;
    }

    @Override
    public void close() {
        owner.close();
    }
}
