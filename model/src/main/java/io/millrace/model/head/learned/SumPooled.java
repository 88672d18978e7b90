package io.millrace.model.head.learned;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.engine.GradientMode;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.learned.LearnedHead.Pooled;
import java.util.ArrayList;
import java.util.List;

/**
 * Sums over positions. Every position with a logit above 0 has a gradient, so logits are computed anew on the way back, slice
 * by slice of the vocabulary.
 *
 * @param head whose vectors they are
 * @param cells what was pooled
 * @param vectors of the texts
 */
record SumPooled(LearnedMlmHead head, PooledCells cells, List<LearnedRow> vectors) implements Pooled {

    static SumPooled of(LearnedMlmHead head, PooledCells cells) {
        try (PtNDManager local = PyTorchRuntime.newManager();
                ProjectionSlices slices = head.slices(cells.weights())) {
            List<IValue> arguments = new ArrayList<>(counted(cells, local));
            arguments.add(IValue.from((long) cells.batch().size()));
            // States are transformed already.
            arguments.addAll(List.of(IValue.listFrom(new PtNDArray[0]), IValue.from(0.0), IValue.from("")));
            arguments.addAll(logits(head, slices));
            arguments.add(IValue.from(true));
            try {
                PtNDArray[] parts =
                        head.projection().kernels().callForTuple(local, "mlm_sum", arguments.toArray(IValue[]::new));
                return new SumPooled(
                        head,
                        cells,
                        LearnedRow.cut(parts[0].toIntArray(), parts[1].toIntArray(), parts[2].toFloatArray()));
            } finally {
                arguments.forEach(IValue::close);
            }
        }
    }

    private static List<IValue> counted(PooledCells cells, PtNDManager local) {
        NDManager arrays = local;
        return List.of(
                IValue.from(cells.states()),
                IValue.from((PtNDArray) arrays.create(cells.batch().countingMask())),
                IValue.from((PtNDArray) arrays.create(cells.batch().owners())));
    }

    private static List<IValue> logits(LearnedMlmHead head, ProjectionSlices slices) {
        return List.of(
                IValue.listFrom(slices.tiles().toArray(PtNDArray[]::new)),
                IValue.listFrom(slices.biases().toArray(PtNDArray[]::new)),
                IValue.from(head.factor()),
                IValue.from(head.contract().logits().shift()),
                IValue.from((long) head.contract().saturation().logarithms()));
    }

    @Override
    public void backward(List<float[]> gradients) {
        PtNDArray states = cells.states();
        PtNDArray gradient = GradientMode.with(false, () -> {
            try (PtNDManager local = PyTorchRuntime.newManager();
                    ProjectionSlices slices = head.slices(cells.weights())) {
                List<IValue> arguments = new ArrayList<>(counted(cells, local));
                arguments.add(IValue.from(
                        LearnedRow.dense(vectors, gradients, head.contract().outputs(), local)));
                arguments.addAll(logits(head, slices));
                arguments.add(
                        IValue.from(cells.weights().gradient(head.projection().table())));
                try {
                    return head.projection()
                            .bias()
                            .gather(cells.weights(), head.contract().outputs(), byTerm -> backward(arguments, byTerm));
                } finally {
                    arguments.forEach(IValue::close);
                }
            }
        });
        if (cells.weights().recorded()) {
            JniUtils.backward(states, gradient, false, false);
        }
    }

    private PtNDArray backward(List<IValue> arguments, PtNDArray byTerm) {
        try (IValue bias = IValue.from(byTerm)) {
            List<IValue> all = new ArrayList<>(arguments);
            all.add(bias);
            return head.projection().kernels().call(cells.scope(), "learn_sum_backward", all.toArray(IValue[]::new));
        }
    }
}
