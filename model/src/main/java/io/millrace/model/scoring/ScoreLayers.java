package io.millrace.model.scoring;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Activation;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.engine.ArrayMath;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.List;
import java.util.Optional;

/**
 * What turns the one state that counts into a score.
 *
 * @param pooler weight [H, H] and bias [H] of a dense layer with tanh before the score; empty for none
 * @param score weight [1, H] and, if there is one, bias [1]
 */
record ScoreLayers(Optional<List<PtNDArray>> pooler, List<PtNDArray> score) {
    /** BERT's: pooler and classifier. */
    static ScoreLayers pooled(Parameters parameters, long width, PtNDManager owner) {
        return new ScoreLayers(
                Optional.of(List.of(
                        parameters.array(TensorSpec.of("bert.pooler.dense.weight", width, width), owner),
                        parameters.array(TensorSpec.of("bert.pooler.dense.bias", width), owner))),
                List.of(
                        parameters.array(TensorSpec.of("classifier.weight", 1, width), owner),
                        parameters.array(TensorSpec.of("classifier.bias", 1), owner)));
    }

    /** A decoder's: one layer without a bias. */
    static ScoreLayers linear(Parameters parameters, long width, PtNDManager owner) {
        return new ScoreLayers(
                Optional.empty(), List.of(parameters.array(TensorSpec.of("score.weight", 1, width), owner)));
    }

    /**
     * Scores of texts, in order.
     *
     * @param hidden states [N, H], beside the weights of the backbone
     * @param batch of whose texts exactly one cell each counts
     */
    float[] scores(PtNDArray hidden, TokenBatch batch) {
        PtNDArray states = PyTorchRuntime.onHost(hidden);
        try (PtNDManager local = states.getManager().newSubManager(states.getDevice())) {
            states.tempAttach(local);
            int[] cells = batch.counts().stream().toArray();
            NDArray rows = ((NDManager) local).create(cells).toType(DataType.INT64, false);
            NDArray x = states.get(rows);
            if (pooler.isPresent()) {
                x = Activation.tanh(
                        ArrayMath.linear(x, pooler.get().get(0), pooler.get().get(1)));
            }
            return ArrayMath.linear(x, score.get(0), score.size() > 1 ? score.get(1) : null)
                    .toFloatArray();
        }
    }
}
