package io.millrace.model.head.learned;

import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.engine.GradientMode;
import java.util.List;

/**
 * A head of rectified logits: a (masked-)language model's, or SPARTA's.
 *
 * @param contract of the head
 * @param projection from states to logits
 */
public record LearnedMlmHead(HeadContract.Mlm contract, LearnedProjection projection) implements LearnedHead {

    @Override
    public Pooled pool(HeadInput input, HeadWeights weights, PtNDManager scope) {
        PooledCells cells = new PooledCells(projection.states(input, weights, scope), input.batch(), weights, scope);
        return GradientMode.with(false, () -> switch (contract.pooling()) {
            case MAX -> MaxPooled.of(this, cells);
            case SUM -> SumPooled.of(this, cells);
        });
    }

    @Override
    public List<float[]> weights(HeadInput input, HeadWeights weights, PtNDManager scope, List<int[]> terms) {
        if (contract.pooling() != Pooling.MAX) {
            return LearnedHead.super.weights(input, weights, scope, terms);
        }
        PooledCells cells = new PooledCells(projection.states(input, weights, scope), input.batch(), weights, scope);
        return GradientMode.with(false, () -> MaxPooled.weights(this, cells, terms));
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
        return projection.slices(weights, contract.outputs());
    }
}
