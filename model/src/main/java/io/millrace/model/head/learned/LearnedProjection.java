package io.millrace.model.head.learned;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.architecture.ProjectionSpec.Transform;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.backbone.Drops;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * From states to the logits of terms, which are never in memory all at once, neither on the way there nor on the way back.
 *
 * @param kernels that compute
 * @param transform of states; empty for none
 * @param table rows of terms [V or more, H], which may be the word embeddings
 * @param bias of terms
 * @param scale factor of products with their bias
 */
public record LearnedProjection(
        KernelLibrary kernels, Optional<Transform> transform, TensorSpec table, TermBias bias, double scale) {

    /** Place of the transform's draws, which no layer of a stack has. */
    private static final int BEHIND_THE_STACK = -1;

    /** States as the table takes them [N, H], recorded if the calling thread records gradients. */
    public PtNDArray states(HeadInput input, HeadWeights weights, PtNDManager scope) {
        return transform.map(spec -> transformed(spec, input, weights, scope)).orElse(input.hidden());
    }

    private PtNDArray transformed(Transform spec, HeadInput input, HeadWeights weights, PtNDManager scope) {
        List<PtNDArray> tensors = new ArrayList<>(List.of(input.hidden()));
        tensors.addAll(weights.linear(spec.dense()));
        tensors.add(weights.array(spec.norm().scale()));
        tensors.add(spec.norm().shift().map(weights::array).orElse(weights.none()));
        Optional<Drops> drops = input.drops();
        weights.beside(spec.dense())
                .ifPresent(adapters ->
                        tensors.addAll(adapters.slots(drops.orElseThrow(), input.batch(), BEHIND_THE_STACK, scope)));
        return kernels.learn(
                scope,
                "learn_transform",
                new long[] {spec.activation().kernelNumber()},
                new double[] {spec.epsilon(), drops.map(Drops::adapterKept).orElse(1.0)},
                tensors);
    }

    /** The table in slices of the vocabulary, which share its memory; closed by the caller. */
    ProjectionSlices slices(HeadWeights weights, int outputs) {
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            return ProjectionSlices.of(weights.value(table), bias.values(weights, outputs, local), outputs);
        }
    }

    /**
     * Adds the gradients of table and bias from those of single products.
     *
     * @param cells whose states were multiplied
     * @param outputs number of terms V
     * @param products which, and their gradients
     * @return gradients of the states [N, H]
     */
    PtNDArray backward(PooledCells cells, int outputs, Products products) {
        HeadWeights weights = cells.weights();
        return bias.gather(
                weights,
                outputs,
                byTerm -> call(
                        cells.scope(),
                        "learn_products_backward",
                        cells.states(),
                        weights.value(table),
                        products.rows(),
                        products.terms(),
                        products.factors(),
                        weights.gradient(table),
                        byTerm));
    }

    /**
     * Some products of states and terms.
     *
     * @param rows of the states [n]
     * @param terms [n]
     * @param factors gradients of the loss by them [n]
     */
    record Products(PtNDArray rows, PtNDArray terms, PtNDArray factors) {}

    /** For each term of each text the row of states that has the largest product with it, the first of equal ones. */
    PtNDArray winners(PooledCells cells, PtNDArray terms, long[] counts, PtNDManager owner) {
        try (IValue states = IValue.from(cells.states());
                IValue rows = IValue.from(
                        (PtNDArray) ((NDManager) owner).create(cells.batch().countingRows()));
                IValue sizes = IValue.listFrom(counts);
                IValue places = IValue.from(terms);
                IValue matrix = IValue.from(cells.weights().value(table))) {
            return kernels.call(owner, "learn_winners", states, rows, sizes, places, matrix);
        }
    }

    private PtNDArray call(PtNDManager owner, String function, PtNDArray... arrays) {
        IValue[] arguments = Arrays.stream(arrays).map(IValue::from).toArray(IValue[]::new);
        try {
            return kernels.call(owner, function, arguments);
        } finally {
            for (IValue argument : arguments) {
                argument.close();
            }
        }
    }
}
