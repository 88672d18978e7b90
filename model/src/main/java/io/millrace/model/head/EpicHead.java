package io.millrace.model.head;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Activation;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.contract.Alignment;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.engine.ArrayMath;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.vector.SparseVector;
import java.util.List;

/**
 * EPIC's document side (MacAvaney et al. 2020) in the order of learned-sparse-retrieval, tile by tile of the vocabulary:
 * softplus keeps every term, so there is nothing to rule out.
 */
public final class EpicHead implements SparseHead {
    private final MlmHeadWeights weights;
    private final ProjectionTiles tiles;
    private final Alignment alignment;
    private final List<PtNDArray> importance;
    private final List<PtNDArray> quality;

    /**
     * Reads the two layers that the masked-LM head lacks.
     *
     * @param weights of the masked-LM head, which the caller keeps and frees, as it does the further ones
     * @param alignment in the reference's, a position that does not count has logit 0, which softplus lifts above 0
     * @param owner what the further weights are freed with
     */
    public EpicHead(
            MlmHeadWeights weights,
            HeadContract.Epic contract,
            Alignment alignment,
            Parameters parameters,
            PtNDManager owner) {
        this.weights = weights;
        this.tiles = new ProjectionTiles(weights, contract.outputs());
        this.alignment = alignment;
        this.importance = layer(contract.importance(), parameters, owner);
        this.quality = layer(contract.quality(), parameters, owner);
    }

    private List<PtNDArray> layer(String name, Parameters parameters, PtNDManager owner) {
        long width = weights.projection().width();
        return List.of(
                parameters.array(TensorSpec.of(name + ".weight", 1, width), owner),
                parameters.array(TensorSpec.of(name + ".bias", 1), owner));
    }

    @Override
    public List<SparseVector> vectors(PtNDArray states, TokenBatch batch) {
        PtNDArray hidden = PyTorchRuntime.onHost(states);
        NDList pooled = new NDList();
        try (PtNDManager local = hidden.getManager().newSubManager(hidden.getDevice())) {
            hidden.tempAttach(local);
            NDArray counts = MlmArrayHead.countsOf(batch, local);
            NDArray cells = MlmArrayHead.rectangle(MlmArrayHead.transform(hidden, weights), batch, local);
            NDArray important = MlmArrayHead.rectangle(
                    ArrayMath.log1p(ArrayMath.softplus(ArrayMath.linear(hidden, importance.get(0), importance.get(1)))),
                    batch,
                    local);
            NDArray starts = ((NDManager) local).create(batch.starts()).toType(DataType.INT64, false);
            NDArray worth = Activation.sigmoid(ArrayMath.linear(hidden.get(starts), quality.get(0), quality.get(1)));
            for (int i = 0; i < tiles.size(); i++) {
                try (PtNDManager tile = local.newSubManager(local.getDevice())) {
                    cells.tempAttach(tile);
                    NDArray logits = tiles.logits(cells, i).mul(important);
                    NDArray active = alignment == Alignment.REFERENCE
                            ? saturate(logits.mul(counts))
                            : saturate(logits).mul(counts);
                    NDArray slice = active.max(new int[] {1}).mul(worth);
                    slice.attach(local);
                    pooled.add(slice);
                }
            }
            return SparseRows.nonZeros(NDArrays.concat(pooled, 1));
        }
    }

    private static NDArray saturate(NDArray logits) {
        return ArrayMath.log1p(ArrayMath.softplus(logits));
    }

    @Override
    public void close() {
        tiles.close();
    }
}
