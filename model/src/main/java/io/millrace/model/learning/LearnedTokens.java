package io.millrace.model.learning;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.InvalidModelException;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.device.Placement;
import io.millrace.model.engine.InferenceThreads;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.TokenWeights;
import io.millrace.model.head.learned.LearnedRow;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Weights of tokens that need no inference, being learned: a table by token (sentence-transformers' SparseStaticEmbedding,
 * which is not frozen there unless it is told to), or the one weight that all tokens have (Decoder4LSR's BINARY, with its
 * learnable scale). Tokens without a weight at the beginning never get one. To be used by one thread.
 */
final class LearnedTokens implements Learner {
    private final TokenWeights initial;
    private final TensorSpec tensor;
    private final KernelLibrary kernels;
    private final LearnedWeights weights;
    private final Lane lane;
    private final InferenceThreads threads;
    private final double rateFactor;

    private LearnedTokens(TokenWeights initial, TensorSpec tensor, KernelLibrary kernels, double rateFactor) {
        this.initial = initial;
        this.tensor = tensor;
        this.kernels = kernels;
        this.rateFactor = rateFactor;
        this.weights = new LearnedWeights();
        float[] values = initial.weights();
        if (tensor.elements() == 1) {
            values = new float[] {initial.largest()};
        }
        weights.add(
                tensor.name(),
                // A copy, because libtorch would share the array's memory, which Java may take back.
                (PtNDArray) ((NDManager) weights.owner())
                        .create(values, new Shape(values.length))
                        .duplicate(),
                true);
        this.lane = new Lane(weights);
        this.threads = InferenceThreads.create(1);
    }

    /**
     * Begins with a role's weights.
     *
     * @param head that needs no model
     * @param initial what it gives tokens now
     * @param rateFactor see {@link #rateFactor}
     */
    static LearnedTokens of(HeadContract head, TokenWeights initial, double rateFactor) {
        PyTorchRuntime.start();
        KernelLibrary kernels = KernelLibrary.load(Placement.CPU)
                .orElseThrow(() -> new InvalidModelException(
                        "libtorch's kernels do not load here (see the log), and nothing is learned without them"));
        TensorSpec tensor = head instanceof HeadContract.Binary
                ? TensorSpec.of("scale", 1)
                : TensorSpec.of(TokenWeights.TENSOR, head.outputs());
        return new LearnedTokens(initial, tensor, kernels, rateFactor);
    }

    /** The weights of tokens as they are now. */
    TokenWeights now() {
        float[] values = weights.value(tensor).toFloatArray();
        if (tensor.elements() > 1) {
            return initial.with(values);
        }
        if (!(values[0] > 0)) {
            throw new InvalidModelException("the weight that all tokens have was learned to be " + values[0]
                    + ", but must be above 0, or no query would match; learn it at a lower rate");
        }
        float[] all = new float[initial.weights().length];
        Arrays.fill(all, values[0]);
        return initial.with(all);
    }

    /** Vectors of texts, and the way back. */
    Encoding encode(List<int[]> texts, int columns) {
        TokenWeights now = now();
        List<SparseVector> counts = texts.stream().map(now::occurrences).toList();
        List<LearnedRow> rows = new ArrayList<>();
        for (int[] text : texts) {
            rows.add(LearnedRow.of(now.vector(text)));
        }
        return Encoding.ofTokens(rows, columns, gradients -> backward(counts, gradients));
    }

    private void backward(List<SparseVector> counts, List<float[]> gradients) {
        double[] sums = new double[Math.toIntExact(tensor.elements())];
        for (int b = 0; b < counts.size(); b++) {
            int[] terms = counts.get(b).ids();
            float[] times = counts.get(b).weights();
            for (int i = 0; i < terms.length; i++) {
                sums[sums.length == 1 ? 0 : terms[i]] +=
                        (double) times[i] * gradients.get(b)[i];
            }
        }
        float[] added = new float[sums.length];
        for (int i = 0; i < sums.length; i++) {
            added[i] = (float) sums[i];
        }
        call(() -> {
            try (PtNDManager local = PyTorchRuntime.newManager()) {
                lane.byHand(tensor).addi(((NDManager) local).create(added));
            }
            return true;
        });
    }

    @Override
    public KernelLibrary kernels() {
        return kernels;
    }

    @Override
    public LearnedWeights weights() {
        return weights;
    }

    @Override
    public List<Lane> lanes() {
        return List.of(lane);
    }

    @Override
    public <T> T call(Callable<T> task) {
        return threads.call(task);
    }

    @Override
    public double rateFactor() {
        return rateFactor;
    }

    @Override
    public void close() {
        threads.close();
        lane.close();
        weights.close();
        kernels.close();
    }
}
