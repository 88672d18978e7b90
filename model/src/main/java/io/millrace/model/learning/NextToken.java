package io.millrace.model.learning;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.backbone.LearnedBackbone;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.engine.GradientMode;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.learned.HeadInput;
import io.millrace.model.head.learned.LearnedProjection;
import java.util.List;

/**
 * Predicts each next token of sequences, and learns from what came.
 *
 * @param kernels that compute
 * @param backbone reading causally
 * @param projection to the vocabulary
 * @param factors of the two cross-entropies
 * @param scale factor of gradients, of one token
 */
record NextToken(
        KernelLibrary kernels,
        LearnedBackbone backbone,
        LearnedProjection projection,
        LanguageWeights factors,
        double scale) {
    /** Logits that are there at once, 32 MiB. */
    private static final int LOGITS = 1 << 23;

    /** Adds a chunk's gradients; returns the sums of both cross-entropies. */
    double[] learn(Chunk chunk, LaneWeights weights, PtNDManager scope) {
        PtNDArray hidden = backbone.hiddenStates(chunk.input(), weights, chunk.drops(), scope);
        PtNDArray states =
                projection.states(new HeadInput(hidden, chunk.input().reader(), chunk.drops()), weights, scope);
        PtNDArray[] results =
                GradientMode.with(false, () -> predict(chunk.input().reader(), states, weights, scope));
        if (weights.recorded()) {
            JniUtils.backward(states, results[2], false, false);
        }
        return new double[] {results[0].toDoubleArray()[0], results[1].toDoubleArray()[0]};
    }

    private PtNDArray[] predict(TokenBatch batch, PtNDArray states, LaneWeights weights, PtNDManager scope) {
        int size = batch.cells() - batch.size();
        long[] rows = new long[size];
        long[] targets = new long[size];
        int at = 0;
        int[] starts = batch.starts();
        for (int b = 0; b < batch.size(); b++) {
            for (int cell = starts[b]; cell < starts[b] + batch.lengths()[b] - 1; cell++) {
                rows[at] = cell;
                targets[at++] = batch.ids()[cell + 1];
            }
        }
        PtNDArray table = weights.value(projection.table());
        long most = Math.max(1, LOGITS / table.getShape().get(0));
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            NDManager arrays = local;
            List<IValue> arguments = List.of(
                    IValue.from(states),
                    IValue.from((PtNDArray) arrays.create(rows)),
                    IValue.from((PtNDArray) arrays.create(targets)),
                    IValue.from(table),
                    IValue.from(projection.bias().tensor().map(weights::value).orElse(weights.none())),
                    IValue.from(projection.scale()),
                    IValue.from(factors.plain() * scale),
                    IValue.from(factors.rectified() * scale),
                    IValue.from(most),
                    IValue.from(weights.gradient(projection.table())),
                    IValue.from(
                            projection.bias().tensor().map(weights::gradient).orElse(weights.none())));
            try {
                return kernels.callForTuple(scope, "learn_language", arguments.toArray(IValue[]::new));
            } finally {
                arguments.forEach(IValue::close);
            }
        }
    }
}
