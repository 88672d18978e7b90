package io.millrace.model.head;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.engine.ArrayMath;
import io.millrace.vector.SparseVector;
import java.util.List;

/**
 * The masked-LM head in plain array operations and in the order of the definition: logits with their bias, affine, ReLU
 * and logarithms at every position, and only then masked and pooled (SPLADE v2, eq. 6). Memory is bounded by slices of
 * the vocabulary. Activations always stand left of weights, because a result belongs to its left operand's owner.
 */
public final class MlmArrayHead implements SparseHead {
    private final MlmHeadWeights weights;
    private final HeadContract.Mlm contract;
    private final ProjectionTiles tiles;

    /** Over weights that the caller keeps and frees. */
    public MlmArrayHead(MlmHeadWeights weights, HeadContract.Mlm contract) {
        this.weights = weights;
        this.contract = contract;
        this.tiles = new ProjectionTiles(weights, contract.outputs());
    }

    @Override
    public List<SparseVector> vectors(PtNDArray hidden, TokenBatch batch) {
        NDList pooled = new NDList();
        try (PtNDManager local = hidden.getManager().newSubManager(hidden.getDevice())) {
            hidden.tempAttach(local);
            NDArray states = rectangle(transform(hidden, weights), batch, local);
            NDArray counts = countsOf(batch, local);
            for (int i = 0; i < tiles.size(); i++) {
                try (PtNDManager tile = local.newSubManager(local.getDevice())) {
                    states.tempAttach(tile);
                    NDArray active = activate(tiles.logits(states, i)).mul(counts);
                    NDArray slice =
                            contract.pooling() == Pooling.MAX ? active.max(new int[] {1}) : active.sum(new int[] {1});
                    slice.attach(local);
                    pooled.add(slice);
                }
            }
            return SparseRows.nonZeros(NDArrays.concat(pooled, 1));
        }
    }

    /** States [N, H] as a rectangle [B, T, H], in which cells that do not count repeat one that does. */
    static NDArray rectangle(NDArray states, TokenBatch batch, PtNDManager local) {
        NDArray rows = ((NDManager) local).create(batch.countingRows()).toType(DataType.INT64, false);
        return states.get(rows)
                .reshape(batch.size(), batch.width(), states.getShape().get(1));
    }

    /** [B, T, 1]: 1 for cells that count, else 0. */
    static NDArray countsOf(TokenBatch batch, PtNDManager local) {
        int[] starts = batch.starts();
        float[] counts = new float[batch.size() * batch.width()];
        for (int b = 0; b < batch.size(); b++) {
            for (int t = 0; t < batch.lengths()[b]; t++) {
                counts[b * batch.width() + t] = batch.counts().get(starts[b] + t) ? 1 : 0;
            }
        }
        return ((NDManager) local).create(counts, new Shape(batch.size(), batch.width(), 1));
    }

    /** States as the projection takes them. */
    static NDArray transform(NDArray hidden, MlmHeadWeights weights) {
        if (weights.transform().isEmpty()) {
            return hidden;
        }
        MlmHeadWeights.Transform transform = weights.transform().get();
        NDArray dense = ArrayMath.linear(hidden, transform.dense(), transform.denseBias());
        return LayerNorm.layerNorm(
                        ArrayMath.activate(dense, transform.activation()),
                        new Shape(hidden.getShape().get(1)),
                        transform.normScale(),
                        transform.normShift(),
                        (float) transform.epsilon())
                .singletonOrThrow();
    }

    private NDArray activate(NDArray logits) {
        NDArray active = logits.mul(contract.logits().scale())
                .add(contract.logits().shift())
                .maximum(0);
        for (int i = 0; i < contract.saturation().logarithms(); i++) {
            active = ArrayMath.log1p(active);
        }
        return active;
    }

    @Override
    public void close() {
        tiles.close();
    }
}
