package io.millrace.model.head;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.batch.PaddedBatch;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The masked-LM head for max pooling with certified screening: products in 8-bit integers with an error bound rule out
 * the terms that cannot have a weight, and only the rest are computed, in fp32. The vectors are those of
 * {@link MlmKernelHead} up to the rounding of a differently shaped product.
 */
public final class MlmScreenedHead implements SparseHead {
    /** A text that keeps more than this share of the vocabulary is computed in full: gathering its rows costs as much. */
    private static final double MOST_SURVIVORS = 1 / 8.0;

    private final KernelLibrary kernels;
    private final PackedMlmHead weights;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final IValue tiles;
    private final IValue screen;
    private final IValue projection;
    private final IValue limit;
    private final AtomicLong texts = new AtomicLong();
    private final AtomicLong textsInFull = new AtomicLong();

    /** Packs and quantises the weights; the projection itself is shared with whoever owns it. */
    public MlmScreenedHead(KernelLibrary kernels, MlmHeadWeights weights, HeadContract contract) {
        this.kernels = kernels;
        this.weights = new PackedMlmHead(kernels, weights, contract);
        PtNDArray rows = own(PackedMlmHead.slice(weights.projection(), 0, contract.outputs()));
        try (IValue all = IValue.from(rows)) {
            PtNDArray[] quantised = kernels.callForTuple(owner, "quantise", all);
            List<PtNDArray> slices = new ArrayList<>();
            for (int begin = 0; begin < contract.outputs(); begin += PackedMlmHead.TILE) {
                int end = Math.min(begin + PackedMlmHead.TILE, contract.outputs());
                slices.add(own(PackedMlmHead.slice(quantised[0], begin, end)));
            }
            this.tiles = IValue.listFrom(slices.toArray(PtNDArray[]::new));
            this.screen = IValue.listFrom(quantised[1], quantised[2], quantised[3]);
        }
        this.projection = IValue.from(rows);
        this.limit = IValue.from((long) (contract.outputs() * MOST_SURVIVORS));
    }

    private PtNDArray own(PtNDArray array) {
        array.attach(owner);
        return array;
    }

    @Override
    public List<SparseVector> vectors(PtNDArray hidden, PaddedBatch batch) {
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue states = IValue.from(hidden);
                IValue cells = IValue.from((PtNDArray) local.create(batch.countingRows()))) {
            PtNDArray[] rows = kernels.callForTuple(
                    local,
                    "mlm_screened",
                    weights.arguments(states, cells, tiles, screen, projection, limit));
            texts.addAndGet(batch.size());
            textsInFull.addAndGet(rows[3].toIntArray()[0]);
            return SparseRows.cut(rows[0].toIntArray(), rows[1].toIntArray(), rows[2].toFloatArray());
        }
    }

    /** Share of the texts so far for which screening ruled out too little, from 0 to 1. */
    public double shareInFull() {
        return texts.get() == 0 ? 0 : (double) textsInFull.get() / texts.get();
    }

    @Override
    public void close() {
        List.of(tiles, screen, projection, limit).forEach(IValue::close);
        weights.close();
        owner.close();
    }
}
