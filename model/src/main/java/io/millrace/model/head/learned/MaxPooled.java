package io.millrace.model.head.learned;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.engine.GradientMode;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.learned.LearnedHead.Pooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Maxima over positions. A weight above 0 has its gradient from the position that won, the first of equal ones; all other
 * positions, and all terms without a weight, have none, so the way back gathers those few products and no others.
 *
 * @param head whose vectors they are
 * @param cells what was pooled
 * @param vectors of the texts
 */
record MaxPooled(LearnedMlmHead head, PooledCells cells, List<LearnedRow> vectors) implements Pooled {
    /** Cells of a rectangle: a slice of its products, 1 MiB, stays in a core's cache until it is reduced. */
    private static final int RECTANGLE = 256;

    static MaxPooled of(LearnedMlmHead head, PooledCells cells) {
        List<LearnedRow> vectors = new ArrayList<>();
        int[] lengths = cells.batch().lengths();
        try (ProjectionSlices slices = head.slices(cells.weights());
                Arguments constants = new Arguments(head, slices)) {
            for (int from = 0, to; from < lengths.length; from = to) {
                to = from + 1;
                while (to < lengths.length
                        && (to + 1 - from) * lengths[from] <= RECTANGLE
                        && lengths[to] <= lengths[from]) {
                    to++;
                }
                vectors.addAll(constants.vectors(cells, from, to));
            }
        }
        return new MaxPooled(head, cells, vectors);
    }

    /** Arguments of the kernel that stay the same from rectangle to rectangle. */
    private record Arguments(KernelLibrary kernels, List<IValue> values) implements AutoCloseable {
        Arguments(LearnedMlmHead head, ProjectionSlices slices) {
            this(
                    head.projection().kernels(),
                    List.of(
                            // States are transformed already.
                            IValue.listFrom(new PtNDArray[0]),
                            IValue.from(0.0),
                            IValue.from(""),
                            IValue.listFrom(slices.tiles().toArray(PtNDArray[]::new)),
                            IValue.from(slices.bias()),
                            IValue.from(head.factor()),
                            IValue.from(head.contract().logits().shift()),
                            IValue.from((long) head.contract().saturation().logarithms()),
                            IValue.from(true)));
        }

        List<LearnedRow> vectors(PooledCells cells, int from, int to) {
            try (PtNDManager local = PyTorchRuntime.newManager();
                    IValue hidden = IValue.from(cells.states());
                    IValue rows = IValue.from(
                            (PtNDArray) ((NDManager) local).create(cells.batch().countingRows(from, to)));
                    IValue texts = IValue.from((long) (to - from))) {
                List<IValue> all = new ArrayList<>(List.of(hidden, rows, texts));
                all.addAll(values);
                PtNDArray[] parts = kernels.callForTuple(local, "mlm_max", all.toArray(IValue[]::new));
                return LearnedRow.cut(parts[0].toIntArray(), parts[1].toIntArray(), parts[2].toFloatArray());
            }
        }

        @Override
        public void close() {
            values.forEach(IValue::close);
        }
    }

    @Override
    public void backward(List<float[]> gradients) {
        backward(gradients, Collections.nCopies(vectors.size(), MissingTerms.NONE));
    }

    @Override
    public void backward(List<float[]> gradients, List<MissingTerms> missing) {
        TokenBatch batch = cells.batch();
        long[] counts = new long[vectors.size()];
        Arrays.setAll(counts, b -> vectors.get(b).size() + missing.get(b).terms().length);
        int products = Math.toIntExact(Arrays.stream(counts).sum());
        long[] terms = new long[products];
        float[] factors = new float[products];
        Chain chain = head.chain();
        int at = 0;
        for (int b = 0; b < batch.size(); b++) {
            LearnedRow vector = vectors.get(b);
            for (int i = 0; i < vector.size(); i++, at++) {
                terms[at] = vector.terms()[i];
                factors[at] = (float) (gradients.get(b)[i] * head.factor() * chain.slope(vector.weights()[i]));
            }
            for (int i = 0; i < missing.get(b).terms().length; i++, at++) {
                terms[at] = missing.get(b).terms()[i];
                factors[at] = (float) (missing.get(b).gradients()[i] * head.factor());
            }
        }
        PtNDArray gradient = GradientMode.with(false, () -> {
            try (PtNDManager local = PyTorchRuntime.newManager()) {
                PtNDArray places = (PtNDArray) ((NDManager) local).create(terms);
                PtNDArray winners = head.projection().winners(cells, places, counts, local);
                PtNDArray slopes = (PtNDArray) ((NDManager) local).create(factors);
                return head.projection()
                        .backward(
                                cells,
                                head.contract().outputs(),
                                new LearnedProjection.Products(winners, places, slopes));
            }
        });
        if (cells.weights().recorded()) {
            JniUtils.backward(cells.states(), gradient, false, false);
        }
    }

    /**
     * Weights of some terms of each text, which costs no product with any other.
     *
     * @param terms of each text
     */
    static List<float[]> weights(LearnedMlmHead head, PooledCells cells, List<int[]> terms) {
        long[] counts = terms.stream().mapToLong(some -> some.length).toArray();
        long[] all = terms.stream().flatMapToInt(Arrays::stream).asLongStream().toArray();
        Chain chain = head.chain();
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            NDManager arrays = local;
            List<IValue> arguments = List.of(
                    IValue.from(cells.states()),
                    IValue.from((PtNDArray) arrays.create(cells.batch().countingRows())),
                    IValue.listFrom(counts),
                    IValue.from((PtNDArray) arrays.create(all)),
                    IValue.from(cells.weights().value(head.projection().table())),
                    IValue.from(head.projection()
                            .bias()
                            .values(cells.weights(), head.contract().outputs(), local)),
                    IValue.from(head.factor()),
                    IValue.from(head.contract().logits().shift()));
            try {
                float[] logits = head.projection()
                        .kernels()
                        .call(local, "learn_maxima", arguments.toArray(IValue[]::new))
                        .toFloatArray();
                List<float[]> weights = new ArrayList<>();
                int at = 0;
                for (int[] some : terms) {
                    float[] row = new float[some.length];
                    for (int i = 0; i < row.length; i++) {
                        row[i] = (float) chain.after(Math.max(0, logits[at++]));
                    }
                    weights.add(row);
                }
                return weights;
            } finally {
                arguments.forEach(IValue::close);
            }
        }
    }
}
