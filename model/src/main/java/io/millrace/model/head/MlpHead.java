package io.millrace.model.head;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.batch.PaddedBatch;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.engine.ArrayMath;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One weight a position, relu(w·h + b) under the contract's saturation, given to the token that stands there (Decoder4LSR,
 * eq. 7; uniCOIL; DeepCT; BGE-M3).
 */
public final class MlpHead implements SparseHead {
    private final PtNDArray weight;
    private final PtNDArray bias;
    private final HeadContract.Mlp contract;

    /**
     * Over weights that the caller keeps and frees.
     *
     * @param weight [1, H]
     * @param bias [1]
     */
    public MlpHead(PtNDArray weight, PtNDArray bias, HeadContract.Mlp contract) {
        this.weight = weight;
        this.bias = bias;
        this.contract = contract;
    }

    @Override
    public List<SparseVector> vectors(PtNDArray hidden, PaddedBatch batch) {
        float[] weights;
        try (PtNDManager local = hidden.getManager().newSubManager(hidden.getDevice())) {
            hidden.tempAttach(local);
            NDArray active = ArrayMath.linear(hidden, weight, bias).maximum(0);
            for (int i = 0; i < contract.saturation().logarithms(); i++) {
                active = ArrayMath.log1p(active);
            }
            weights = active.toFloatArray();
        }
        List<SparseVector> vectors = new ArrayList<>(batch.size());
        for (int b = 0; b < batch.size(); b++) {
            vectors.add(vector(weights, batch, b));
        }
        return vectors;
    }

    private SparseVector vector(float[] weights, PaddedBatch batch, int text) {
        Map<Integer, Float> terms = new TreeMap<>();
        int end = (text + 1) * batch.width();
        for (int cell = batch.counts().nextSetBit(text * batch.width());
                cell >= 0 && cell < end;
                cell = batch.counts().nextSetBit(cell + 1)) {
            int token = batch.targets()[cell];
            // Written so that NaN stays in, and is refused by the vector.
            if (token >= 0 && token < contract.outputs() && weights[cell] != 0f) {
                terms.merge(token, weights[cell], contract.pooling() == Pooling.MAX ? Math::max : Float::sum);
            }
        }
        int[] ids = terms.keySet().stream().mapToInt(Integer::intValue).toArray();
        float[] kept = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            kept[i] = terms.getOrDefault(ids[i], 0f);
        }
        return new SparseVector(ids, kept);
    }

    /** Nothing to free: the weights are the caller's. */
    @Override
    public void close() {}
}
