package io.millrace.model.head.learned;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.ProjectionSpec;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.engine.GradientMode;
import io.millrace.model.engine.KernelLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The (masked-)language-model head. Logits of all terms at all positions are never in memory at once, neither on the way
 * there nor on the way back.
 *
 * @param kernels that compute
 * @param contract of the head
 * @param projection from states to logits
 * @param table the projection's matrix [V, H], which may be the word embeddings
 * @param bias of each term [V] under the name that the checkpoint has; empty for none
 */
public record LearnedMlmHead(
        KernelLibrary kernels,
        HeadContract.Mlm contract,
        ProjectionSpec projection,
        TensorSpec table,
        Optional<TensorSpec> bias)
        implements LearnedHead {

    @Override
    public Pooled pool(PtNDArray hidden, TokenBatch batch, HeadWeights weights, PtNDManager scope) {
        PooledCells cells = new PooledCells(states(hidden, weights, scope), batch, weights, scope);
        return GradientMode.with(false, () -> switch (contract.pooling()) {
            case MAX -> MaxPooled.of(this, cells);
            case SUM -> SumPooled.of(this, cells);
        });
    }

    @Override
    public List<float[]> weights(
            PtNDArray hidden, TokenBatch batch, HeadWeights weights, PtNDManager scope, List<int[]> terms) {
        if (contract.pooling() != Pooling.MAX) {
            return LearnedHead.super.weights(hidden, batch, weights, scope, terms);
        }
        PooledCells cells = new PooledCells(states(hidden, weights, scope), batch, weights, scope);
        return GradientMode.with(false, () -> MaxPooled.weights(this, cells, terms));
    }

    /** States as the projection takes them [N, H], recorded if the calling thread records gradients. */
    public PtNDArray states(PtNDArray hidden, HeadWeights weights, PtNDManager scope) {
        return projection
                .transform()
                .map(transform -> transform(transform, hidden, weights, scope))
                .orElse(hidden);
    }

    private PtNDArray transform(
            ProjectionSpec.Transform transform, PtNDArray hidden, HeadWeights weights, PtNDManager scope) {
        List<PtNDArray> tensors = new ArrayList<>(List.of(hidden));
        tensors.addAll(weights.linear(transform.dense()));
        tensors.add(weights.array(transform.norm().scale()));
        tensors.add(transform.norm().shift().map(weights::array).orElse(weights.none()));
        return kernels.learn(
                scope,
                "learn_transform",
                new long[] {transform.activation().kernelNumber()},
                new double[] {transform.epsilon()},
                tensors);
    }

    /** Factor between a product with its bias and a logit. */
    double factor() {
        return projection.scale() * contract.logits().scale();
    }

    /** What comes after ReLU. */
    Chain chain() {
        return new Chain(contract.saturation().logarithms());
    }

    /** The projection in slices of the vocabulary, which share its memory; closed by the caller. */
    ProjectionSlices slices(HeadWeights weights) {
        return ProjectionSlices.of(
                weights.value(table), bias.map(weights::value).orElse(weights.none()), contract.outputs());
    }
}
