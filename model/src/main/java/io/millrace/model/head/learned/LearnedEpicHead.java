package io.millrace.model.head.learned;

import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.engine.ArrayMath;
import io.millrace.model.engine.GradientMode;
import java.util.List;

/**
 * EPIC's document side (MacAvaney et al. 2020), see {@link HeadContract.Epic}: w_v = q max_j log1p(softplus(i_j z_jv)) of
 * logits z, importances i of positions and the quality q of the text. Every term has a weight and a gradient, from the one
 * position that won; so [B, V] is there, and [B, T, V] never.
 *
 * @param contract of the head
 * @param projection from states to logits
 * @param importance layer whose softplus and log1p is a position's importance
 * @param quality layer whose sigmoid at a text's first position is its quality
 */
public record LearnedEpicHead(
        HeadContract.Epic contract, LearnedProjection projection, LinearSpec importance, LinearSpec quality)
        implements LearnedHead {

    @Override
    public Pooled pool(HeadInput input, HeadWeights weights, PtNDManager scope) {
        PtNDArray states = projection.states(input, weights, scope);
        PtNDArray important = layer(importance, input.hidden(), weights, scope);
        PtNDArray worth = layer(quality, input.hidden(), weights, scope);
        // One array that gradients enter by, or the backbone would be gone through once for each of the three.
        PtNDArray entrance = (PtNDArray) NDArrays.concat(new NDList(states, important, worth), 1);
        entrance.attach(scope);
        PooledCells cells = new PooledCells(states, input.batch(), weights, scope);
        return GradientMode.with(
                false,
                () -> EpicPooled.of(
                        this, EpicCells.of(cells, entrance, important.toFloatArray(), worth.toFloatArray())));
    }

    /** A layer of one output at every position [N, 1]. */
    private static PtNDArray layer(LinearSpec layer, PtNDArray hidden, HeadWeights weights, PtNDManager scope) {
        List<PtNDArray> slots = weights.linear(layer);
        PtNDArray values = (PtNDArray) ArrayMath.linear(hidden, slots.get(0), slots.get(2));
        values.attach(scope);
        return values;
    }
}
