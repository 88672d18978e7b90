package io.millrace.model.head.learned;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.engine.ArrayMath;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One weight a position for the token that stands there (Decoder4LSR, eq. 7).
 *
 * @param contract of the head
 * @param layers its linear layers, first to last
 */
public record LearnedTokenHead(HeadContract.Mlp contract, List<LinearSpec> layers) implements LearnedHead {
    @Override
    public Pooled pool(HeadInput input, HeadWeights weights, PtNDManager scope) {
        TokenBatch batch = input.batch();
        NDArray x = input.hidden();
        for (int i = 0; i < layers.size(); i++) {
            List<PtNDArray> slots = weights.linear(layers.get(i));
            x = ArrayMath.linear(x, slots.get(0), slots.get(2));
            x.attach(scope);
            if (i < layers.size() - 1) {
                x = ai.djl.nn.Activation.relu(x);
                x.attach(scope);
            }
        }
        // Rectifier and logarithms are left to Java: what is recorded of log1p loses small weights' gradients.
        float[] values = x.toFloatArray();
        Chain chain = new Chain(contract.saturation().logarithms());
        double[] cells = new double[values.length];
        for (int cell = 0; cell < cells.length; cell++) {
            cells[cell] = chain.after(Chain.rectified(contract.rectifier(), values[cell]));
        }
        List<LearnedRow> vectors = new ArrayList<>(batch.size());
        List<List<int[]>> sources = new ArrayList<>(batch.size());
        int[] starts = batch.starts();
        for (int b = 0; b < batch.size(); b++) {
            pool(batch, starts[b], starts[b] + batch.lengths()[b], cells, vectors, sources);
        }
        return new TokenPooled(
                this, weights.recorded() ? Optional.of((PtNDArray) x) : Optional.empty(), values, vectors, sources);
    }

    /** The vector of the cells [start, end), and of each of its terms the cells that its gradient goes to. */
    private void pool(
            TokenBatch batch, int start, int end, double[] cells, List<LearnedRow> vectors, List<List<int[]>> sources) {
        Map<Integer, List<Integer>> byToken = new TreeMap<>();
        for (int cell = batch.counts().nextSetBit(start);
                cell >= 0 && cell < end;
                cell = batch.counts().nextSetBit(cell + 1)) {
            int token = batch.targets()[cell];
            // Written so that NaN stays in, and is refused by the vector.
            if (token >= 0 && token < contract.outputs() && (float) cells[cell] != 0f) {
                byToken.computeIfAbsent(token, none -> new ArrayList<>()).add(cell);
            }
        }
        int[] ids = byToken.keySet().stream().mapToInt(Integer::intValue).toArray();
        float[] weights = new float[ids.length];
        List<int[]> used = new ArrayList<>(ids.length);
        int at = 0;
        for (List<Integer> places : byToken.values()) {
            int best = places.getFirst();
            double sum = 0;
            for (int cell : places) {
                best = cells[cell] > cells[best] ? cell : best;
                sum += cells[cell];
            }
            boolean max = contract.pooling() == Pooling.MAX;
            weights[at++] = (float) (max ? cells[best] : sum);
            used.add(
                    max
                            ? new int[] {best}
                            : places.stream().mapToInt(Integer::intValue).toArray());
        }
        vectors.add(new LearnedRow(ids, weights));
        sources.add(used);
    }

    /** Weights of tokens; their gradients go back to the cells that they came from. */
    private record TokenPooled(
            LearnedTokenHead head,
            Optional<PtNDArray> recorded,
            float[] values,
            List<LearnedRow> vectors,
            List<List<int[]>> sources)
            implements Pooled {
        @Override
        public void backward(List<float[]> gradients) {
            Chain chain = new Chain(head.contract.saturation().logarithms());
            float[] byCell = new float[values.length];
            for (int b = 0; b < sources.size(); b++) {
                for (int i = 0; i < sources.get(b).size(); i++) {
                    for (int cell : sources.get(b).get(i)) {
                        double rectified = Chain.rectified(head.contract.rectifier(), values[cell]);
                        byCell[cell] += (float) (gradients.get(b)[i]
                                * chain.slope(chain.after(rectified))
                                * Chain.slope(head.contract.rectifier(), values[cell]));
                    }
                }
            }
            recorded.ifPresent(states -> {
                try (NDArray gradient = ((NDManager) states.getManager()).create(byCell, states.getShape())) {
                    JniUtils.backward(states, (PtNDArray) gradient, false, false);
                }
            });
        }
    }
}
