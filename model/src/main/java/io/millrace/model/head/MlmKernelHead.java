package io.millrace.model.head;

import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.batch.PaddedBatch;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.vector.SparseVector;
import java.util.List;

/** The masked-LM head as one native call that computes every logit, in slices of the vocabulary. */
public final class MlmKernelHead implements SparseHead {
    private final KernelLibrary kernels;
    private final Pooling pooling;
    private final PackedMlmHead weights;

    /** Packs the weights, and takes over those that are used as they are. */
    public MlmKernelHead(KernelLibrary kernels, MlmHeadWeights weights, HeadContract.Mlm contract) {
        this.kernels = kernels;
        this.pooling = contract.pooling();
        this.weights = new PackedMlmHead(kernels, weights, contract);
    }

    @Override
    public List<SparseVector> vectors(PtNDArray hidden, PaddedBatch batch) {
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            PtNDArray[] rows = switch (pooling) {
                case MAX -> call("mlm_max", hidden, (PtNDArray) local.create(batch.countingRows()), local);
                case SUM -> {
                    Shape cells = new Shape(batch.size(), batch.width());
                    PtNDArray mask = (PtNDArray) local.create(batch.countingMask(), cells);
                    yield call("mlm_sum", hidden, mask, local);
                }
            };
            return SparseRows.cut(rows[0].toIntArray(), rows[1].toIntArray(), rows[2].toFloatArray());
        }
    }

    private PtNDArray[] call(String kernel, PtNDArray hidden, PtNDArray cells, PtNDManager local) {
        try (IValue states = IValue.from(hidden);
                IValue pooled = IValue.from(cells)) {
            return kernels.callForTuple(local, kernel, weights.arguments(states, pooled));
        }
    }

    @Override
    public void close() {
        weights.close();
    }
}
