package io.millrace.model.head;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;

/** The masked-LM head as one native call that computes every logit, in slices of the vocabulary. */
public final class MlmKernelHead implements SparseHead {
    private final KernelLibrary kernels;
    private final Pooling pooling;
    private final PackedMlmHead weights;

    /** Packs the weights, and takes over those that are used as they are. */
    public MlmKernelHead(
            KernelLibrary kernels, MlmHeadWeights weights, HeadContract.Mlm contract, Precision precision) {
        this.kernels = kernels;
        this.pooling = contract.pooling();
        this.weights = new PackedMlmHead(kernels, weights, contract, precision);
    }

    @Override
    public List<SparseVector> vectors(PtNDArray hidden, TokenBatch batch) {
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            NDManager arrays = local;
            PtNDArray[] rows = switch (pooling) {
                case MAX -> call("mlm_max", hidden, batch, local, (PtNDArray) arrays.create(batch.countingRows()));
                case SUM ->
                    call("mlm_sum", hidden, batch, local, (PtNDArray) arrays.create(batch.countingMask()), (PtNDArray)
                            arrays.create(batch.owners()));
            };
            return SparseRows.cut(rows[0].toIntArray(), rows[1].toIntArray(), rows[2].toFloatArray());
        }
    }

    private PtNDArray[] call(String kernel, PtNDArray hidden, TokenBatch batch, PtNDManager local, PtNDArray... cells) {
        List<IValue> given = new ArrayList<>(List.of(IValue.from(hidden)));
        try {
            for (PtNDArray array : cells) {
                given.add(IValue.from(array));
            }
            given.add(IValue.from((long) batch.size()));
            return kernels.callForTuple(local, kernel, weights.arguments(given));
        } finally {
            given.forEach(IValue::close);
        }
    }

    @Override
    public void close() {
        weights.close();
    }
}
