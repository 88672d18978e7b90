package io.millrace.model.head;

import ai.djl.ndarray.NDManager;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The masked-LM head as one native call, its projection packed for oneDNN in slices of the vocabulary. */
public final class MlmKernelHead implements SparseHead {
    /**
     * Terms of one slice: logits of a whole slice must stay in cache until they are reduced. Between 512 and 1,024 made no
     * difference; 2,048 and more were up to twice as slow (2,048 rows of 128 columns, 2 threads).
     */
    private static final int TILE = 512;

    private final KernelLibrary kernels;
    private final HeadContract contract;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final List<IValue> constants = new ArrayList<>();
    private final IValue transform;
    private final IValue epsilon;
    private final IValue activation;
    private final IValue tiles;
    private final IValue bias;
    private final IValue scale;
    private final IValue shift;
    private final IValue logarithms;

    /** Packs the weights, and takes over those that are used as they are. */
    public MlmKernelHead(KernelLibrary kernels, MlmHeadWeights weights, HeadContract contract) {
        this.kernels = kernels;
        this.contract = contract;
        this.transform = keep(IValue.listFrom(
                kernels.pack(weights.dense(), owner),
                own(weights.denseBias()),
                own(weights.normScale()),
                own(weights.normShift())));
        this.epsilon = keep(IValue.from(weights.config().layerNormEpsilon()));
        this.activation = keep(IValue.from(weights.config().activation().name().toLowerCase(Locale.ROOT)));
        List<PtNDArray> slices = new ArrayList<>();
        List<PtNDArray> biases = new ArrayList<>();
        for (int begin = 0; begin < contract.outputs(); begin += TILE) {
            int end = Math.min(begin + TILE, contract.outputs());
            try (PtNDArray slice = slice(weights.projection(), begin, end)) {
                slices.add(kernels.pack(slice, owner));
            }
            biases.add(own(slice(weights.bias(), begin, end)));
        }
        this.tiles = keep(IValue.listFrom(slices.toArray(PtNDArray[]::new)));
        this.bias = keep(
                contract.pooling() == Pooling.MAX
                        ? IValue.from(own(slice(weights.bias(), 0, contract.outputs())))
                        : IValue.listFrom(biases.toArray(PtNDArray[]::new)));
        this.scale = keep(IValue.from(contract.logits().scale()));
        this.shift = keep(IValue.from(contract.logits().shift()));
        this.logarithms = keep(IValue.from((long) contract.saturation().logarithms()));
    }

    private static PtNDArray slice(PtNDArray array, int begin, int end) {
        return (PtNDArray) array.get(begin + ":" + end);
    }

    private PtNDArray own(PtNDArray array) {
        array.attach(owner);
        return array;
    }

    private IValue keep(IValue value) {
        constants.add(value);
        return value;
    }

    @Override
    public List<SparseVector> vectors(PtNDArray hidden, PaddedBatch batch) {
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue states = IValue.from(hidden);
                IValue cells = IValue.from(cells(batch, local))) {
            String kernel = contract.pooling() == Pooling.MAX ? "mlm_max" : "mlm_sum";
            PtNDArray[] rows = kernels.callForTuple(
                    local,
                    kernel,
                    states,
                    cells,
                    transform,
                    epsilon,
                    activation,
                    tiles,
                    bias,
                    scale,
                    shift,
                    logarithms);
            return SparseRows.cut(rows[0].toIntArray(), rows[1].toIntArray(), rows[2].toFloatArray());
        }
    }

    private PtNDArray cells(PaddedBatch batch, NDManager local) {
        return (PtNDArray)
                switch (contract.pooling()) {
                    case MAX -> local.create(batch.countingRows());
                    case SUM -> local.create(batch.countingMask(), new Shape(batch.size(), batch.width()));
                };
    }

    @Override
    public void close() {
        constants.forEach(IValue::close);
        owner.close();
    }
}
