package io.millrace.model.head.learned;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.engine.GradientMode;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.learned.LearnedHead.Pooled;
import java.util.List;
import java.util.stream.Stream;

/**
 * Vectors of EPIC, and the way back from them.
 *
 * @param head whose vectors they are
 * @param epic what was pooled
 * @param maxima [B, V] largest product of importance and logit
 * @param winners [B, V] the cell that has it
 * @param vectors of the texts
 */
record EpicPooled(LearnedEpicHead head, EpicCells epic, PtNDArray maxima, PtNDArray winners, List<LearnedRow> vectors)
        implements Pooled {

    static EpicPooled of(LearnedEpicHead head, EpicCells epic) {
        PooledCells cells = epic.cells();
        try (PtNDManager local = PyTorchRuntime.newManager();
                ProjectionSlices slices = head.projection()
                        .slices(cells.weights(), head.contract().outputs())) {
            PtNDArray rows =
                    (PtNDArray) ((NDManager) local).create(cells.batch().countingRows());
            PtNDArray[] pooled = call(
                    head,
                    cells.scope(),
                    "learn_epic",
                    IValue.from(cells.states()),
                    IValue.from(rows),
                    IValue.from((long) cells.batch().size()),
                    IValue.from(epic.importance()),
                    IValue.listFrom(slices.tiles().toArray(PtNDArray[]::new)),
                    IValue.listFrom(slices.biases().toArray(PtNDArray[]::new)),
                    IValue.from(head.projection().scale()));
            PtNDArray[] parts =
                    call(head, local, "learn_epic_weights", IValue.from(pooled[0]), IValue.from(epic.quality()));
            return new EpicPooled(
                    head,
                    epic,
                    pooled[0],
                    pooled[1],
                    LearnedRow.cut(parts[0].toIntArray(), parts[1].toIntArray(), parts[2].toFloatArray()));
        }
    }

    private static PtNDArray[] call(LearnedEpicHead head, PtNDManager owner, String function, IValue... arguments) {
        try {
            return head.projection().kernels().callForTuple(owner, function, arguments);
        } finally {
            Stream.of(arguments).forEach(IValue::close);
        }
    }

    @Override
    public void backward(List<float[]> gradients) {
        PtNDArray gradient = GradientMode.with(false, () -> entered(gradients));
        if (epic.cells().weights().recorded()) {
            JniUtils.backward(epic.entrance(), gradient, false, false);
        }
    }

    /** Gradient of the cells' entrance; those of table and bias are added to. */
    private PtNDArray entered(List<float[]> gradients) {
        int outputs = head.contract().outputs();
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            PtNDArray[] slopes = call(
                    head,
                    local,
                    "learn_epic_backward",
                    IValue.from(maxima),
                    IValue.from(winners),
                    IValue.from(LearnedRow.dense(vectors, gradients, outputs, local)),
                    IValue.from(epic.importance()),
                    IValue.from(epic.quality()),
                    IValue.from(head.projection().scale()));
            PtNDArray cells = winners.flatten();
            cells.attach(local);
            PtNDArray states = head.projection()
                    .backward(
                            epic.cells(),
                            outputs,
                            new LearnedProjection.Products(cells, terms(outputs, local), slopes[0]));
            return epic.entered(states, slopes[1].toFloatArray(), slopes[2].toFloatArray());
        }
    }

    /** Terms of all products, [B V]. */
    private PtNDArray terms(int outputs, PtNDManager owner) {
        long[] terms = new long[Math.multiplyExact(vectors.size(), outputs)];
        for (int i = 0; i < terms.length; i++) {
            terms[i] = i % outputs;
        }
        return (PtNDArray) ((NDManager) owner).create(terms);
    }
}
