package io.millrace.model.head;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.screening.Screening;
import io.millrace.model.head.screening.ScreeningLimits;
import io.millrace.model.head.screening.ScreeningReport;
import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The masked-LM head for max pooling with certified screening: products in 8-bit integers with an error bound rule out
 * the terms that cannot have a weight, and only the rest are computed, in fp32. The vectors are those of
 * {@link MlmKernelHead} up to the rounding of another library's product; among themselves they have the same bits whether
 * terms were screened or not, and in any company.
 */
public final class MlmScreenedHead implements SparseHead {
    private final KernelLibrary kernels;
    private final PackedMlmHead weights;
    private final Screening screening;
    private final IValue limit;

    /** Takes over the weights. */
    public MlmScreenedHead(
            KernelLibrary kernels,
            MlmHeadWeights weights,
            HeadContract.Mlm contract,
            Precision precision,
            ScreeningLimits limits) {
        this.kernels = kernels;
        this.weights = PackedMlmHead.plain(kernels, weights, contract, precision);
        this.screening = this.weights.screening(kernels, limits);
        this.limit = IValue.from(screening.limit());
    }

    @Override
    public List<SparseVector> vectors(PtNDArray hidden, TokenBatch batch) {
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue states = IValue.from(hidden)) {
            int[] rows = batch.countingRows();
            return switch (screening.next(batch.size())) {
                case LEARNING -> {
                    screening.learnFrom(kernels.call(local, "transform", weights.transforming(states)));
                    yield inFull(states, rows, batch.size(), local);
                }
                case SCREENING ->
                    screening
                            .with(screen -> screened(screen, states, rows, batch.size(), local))
                            .orElseGet(() -> inFull(states, rows, batch.size(), local));
                case RESTING -> inFull(states, rows, batch.size(), local);
            };
        }
    }

    private List<SparseVector> screened(IValue screen, IValue states, int[] rows, int texts, PtNDManager local) {
        try (IValue size = IValue.from((long) texts);
                IValue cells = cells(rows, local)) {
            PtNDArray[] result = kernels.callForTuple(
                    local, "mlm_screened", weights.arguments(List.of(states, cells, size), screen, limit));
            int[] kept = result[3].toIntArray();
            screening.observe(kept);
            List<SparseVector> vectors =
                    SparseRows.cut(result[0].toIntArray(), result[1].toIntArray(), result[2].toFloatArray());
            int[] left =
                    IntStream.range(0, texts).filter(text -> kept[text] < 0).toArray();
            if (left.length > 0) {
                int width = rows.length / texts;
                int[] theirs = IntStream.of(left)
                        .flatMap(text -> IntStream.range(text * width, (text + 1) * width))
                        .map(cell -> rows[cell])
                        .toArray();
                List<SparseVector> full = inFull(states, theirs, left.length, local);
                for (int i = 0; i < left.length; i++) {
                    vectors.set(left[i], full.get(i));
                }
            }
            return vectors;
        }
    }

    private List<SparseVector> inFull(IValue states, int[] rows, int texts, PtNDManager local) {
        try (IValue size = IValue.from((long) texts);
                IValue cells = cells(rows, local)) {
            PtNDArray[] result =
                    kernels.callForTuple(local, "mlm_unscreened", weights.arguments(List.of(states, cells, size)));
            return SparseRows.cut(result[0].toIntArray(), result[1].toIntArray(), result[2].toFloatArray());
        }
    }

    private static IValue cells(int[] rows, PtNDManager local) {
        return IValue.from((PtNDArray) ((NDManager) local).create(rows));
    }

    @Override
    public Optional<ScreeningReport> screening() {
        return Optional.of(screening.report());
    }

    @Override
    public void close() {
        screening.close();
        limit.close();
        weights.close();
    }
}
