package io.millrace.model.head;

import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The masked-LM head for max pooling with certified screening: products in 8-bit integers with an error bound rule out
 * the terms that cannot have a weight, and only the rest are computed, in fp32. The vectors are those of
 * {@link MlmKernelHead} up to the rounding of a differently shaped product.
 */
public final class MlmScreenedHead implements SparseHead {
    /** A text that keeps more than this share of the vocabulary is computed in full: gathering its rows costs as much. */
    private static final double MOST_SURVIVORS = 1 / 8.0;

    private static final int PROBE_ROWS = 128;
    /**
     * Runs of each kind, in turn, of which the fastest counts. Processes often start side by side: with 5 runs, one kind
     * after the other, two workers on two busy cores got it wrong, and encoded at half the speed from then on.
     */
    private static final int PROBES = 40;

    /** Bounds and survivors take about a sixth of the time that fp32 products do. */
    private static final double WORTH_IT = 1.3;

    private static final Logger log = LoggerFactory.getLogger(MlmScreenedHead.class);

    private final KernelLibrary kernels;
    private final PackedMlmHead weights;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final IValue tiles;
    private final IValue screen;
    private final IValue projection;
    private final IValue limit;
    private final AtomicLong texts = new AtomicLong();
    private final AtomicLong textsInFull = new AtomicLong();

    /**
     * Quantises the projection, and holds it as plain rows too, unless a table with its values is held anyway. For texts that
     * are computed in full a small one is also packed.
     */
    public MlmScreenedHead(KernelLibrary kernels, MlmHeadWeights weights, HeadContract.Mlm contract) {
        this.kernels = kernels;
        PtNDArray rows = weights.projection()
                .table()
                .orElseGet(() -> weights.projection().whole(owner));
        this.weights = new PackedMlmHead(
                kernels, weights, contract, weights.projection().large() ? Optional.of(rows) : Optional.empty());
        List<PtNDArray> slices = new ArrayList<>();
        List<NDList> screens = List.of(new NDList(), new NDList(), new NDList());
        for (int begin = 0; begin < contract.outputs(); begin += PackedMlmHead.TILE) {
            int end = Math.min(begin + PackedMlmHead.TILE, contract.outputs());
            try (PtNDManager local = PyTorchRuntime.newManager();
                    IValue tile = IValue.from(weights.projection().rows(begin, end, local))) {
                PtNDArray[] quantised = kernels.callForTuple(owner, "quantise", tile);
                slices.add(quantised[0]);
                for (int i = 0; i < screens.size(); i++) {
                    screens.get(i).add(quantised[i + 1]);
                }
            }
        }
        this.tiles = IValue.listFrom(slices.toArray(PtNDArray[]::new));
        this.screen = IValue.listFrom(screens.stream()
                .map(parts -> own((PtNDArray) NDArrays.concat(parts)))
                .toArray(PtNDArray[]::new));
        screens.forEach(NDList::close);
        this.projection = IValue.from(rows);
        this.limit = IValue.from((long) (contract.outputs() * MOST_SURVIVORS));
    }

    private PtNDArray own(PtNDArray array) {
        array.attach(owner);
        return array;
    }

    @Override
    public List<SparseVector> vectors(PtNDArray hidden, TokenBatch batch) {
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue states = IValue.from(hidden);
                IValue size = IValue.from((long) batch.size());
                IValue cells = IValue.from((PtNDArray) local.create(batch.countingRows()))) {
            PtNDArray[] rows = kernels.callForTuple(
                    local,
                    "mlm_screened",
                    weights.arguments(List.of(states, cells, size), tiles, screen, projection, limit));
            texts.addAndGet(batch.size());
            textsInFull.addAndGet(rows[3].toIntArray()[0]);
            return SparseRows.cut(rows[0].toIntArray(), rows[1].toIntArray(), rows[2].toFloatArray());
        }
    }

    /**
     * Whether 8-bit products are fast enough here to pay for what follows them: on a CPU without instructions for them
     * libtorch falls back to loops that are far slower than fp32. Measured on one slice, in some milliseconds.
     *
     * @param hiddenSize width of hidden states, H
     */
    public static boolean pays(KernelLibrary kernels, int hiddenSize) {
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            PtNDArray states = (PtNDArray) local.ones(new Shape(PROBE_ROWS, hiddenSize));
            PtNDArray terms = (PtNDArray) local.ones(new Shape(PackedMlmHead.TILE, hiddenSize));
            PtNDArray states8 = states.toType(DataType.INT8, true);
            PtNDArray terms8 = terms.toType(DataType.INT8, true);
            long full = Long.MAX_VALUE;
            long screened = Long.MAX_VALUE;
            try (IValue fullTile = IValue.listFrom(kernels.pack(terms, local));
                    IValue screenedTile = IValue.listFrom(terms8)) {
                for (int i = 0; i < PROBES; i++) {
                    full = Math.min(full, time(kernels, "maxima", states, fullTile));
                    screened = Math.min(screened, time(kernels, "integer_maxima", states8, screenedTile));
                }
            }
            boolean pays = screened * WORTH_IT <= full;
            log.info(
                    "{} terms take {} µs in fp32 and {} µs in int8: {}",
                    PackedMlmHead.TILE,
                    full / 1000,
                    screened / 1000,
                    pays ? "screening" : "no screening");
            return pays;
        }
    }

    private static long time(KernelLibrary kernels, String kernel, PtNDArray states, IValue tile) {
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue rows = IValue.from(states);
                IValue texts = IValue.from(1L)) {
            long start = System.nanoTime();
            kernels.call(local, kernel, rows, texts, tile);
            return System.nanoTime() - start;
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
