package io.millrace.model.head;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.Rectifier;
import io.millrace.model.engine.ArrayMath;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One weight a position, rectified and saturated, given to the token that stands there (Decoder4LSR, eq. 7; uniCOIL; DeepCT;
 * DeepImpact; BGE-M3).
 */
public final class MlpHead implements SparseHead {
    private final List<Layer> layers;
    private final HeadContract.Mlp contract;

    private record Layer(PtNDArray weight, PtNDArray bias) {}

    private MlpHead(List<Layer> layers, HeadContract.Mlp contract) {
        this.layers = layers;
        this.contract = contract;
    }

    /**
     * Reads the layers.
     *
     * @param width of the states, H
     * @param owner what the weights are freed with, by the caller
     * @throws io.millrace.model.InvalidModelException if one is missing or of another shape
     */
    public static MlpHead read(Parameters parameters, HeadContract.Mlp contract, int width, PtNDManager owner) {
        List<Layer> layers = new ArrayList<>();
        long in = width;
        for (int i = 0; i < contract.layers().size(); i++) {
            String name = contract.layers().get(i);
            boolean last = i == contract.layers().size() - 1;
            long out = last ? 1 : parameters.rows(name + ".weight");
            layers.add(new Layer(
                    parameters.array(TensorSpec.of(name + ".weight", out, in), owner),
                    parameters.array(TensorSpec.of(name + ".bias", out), owner)));
            in = out;
        }
        return new MlpHead(layers, contract);
    }

    @Override
    public List<SparseVector> vectors(PtNDArray states, TokenBatch batch) {
        PtNDArray hidden = PyTorchRuntime.onHost(states);
        float[] weights;
        try (PtNDManager local = hidden.getManager().newSubManager(hidden.getDevice())) {
            hidden.tempAttach(local);
            NDArray x = hidden;
            for (int i = 0; i < layers.size(); i++) {
                x = ArrayMath.linear(x, layers.get(i).weight(), layers.get(i).bias());
                boolean last = i == layers.size() - 1;
                x = last && contract.rectifier() == Rectifier.SOFTPLUS ? ArrayMath.softplus(x) : x.maximum(0);
            }
            for (int i = 0; i < contract.saturation().logarithms(); i++) {
                x = ArrayMath.log1p(x);
            }
            weights = x.toFloatArray();
        }
        int[] starts = batch.starts();
        List<SparseVector> vectors = new ArrayList<>(batch.size());
        for (int b = 0; b < batch.size(); b++) {
            vectors.add(vector(weights, batch, starts[b], starts[b] + batch.lengths()[b]));
        }
        return vectors;
    }

    private SparseVector vector(float[] weights, TokenBatch batch, int start, int end) {
        Map<Integer, Float> terms = new TreeMap<>();
        for (int cell = batch.counts().nextSetBit(start);
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
