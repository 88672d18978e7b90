package io.millrace.model.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.backbone.BertWeights.Layer;
import io.millrace.model.batch.PaddedBatch;
import io.millrace.model.engine.ArrayMath;

/**
 * BERT in plain array operations (Devlin et al. 2018, post-norm layers as in Vaswani et al. 2017): no fused attention, no
 * packed weights. Activations always stand left of weights, because a result belongs to its left operand's owner.
 */
public final class BertArrayBackbone implements Backbone {
    private final BertWeights weights;

    /** Over weights that the caller keeps and frees. */
    public BertArrayBackbone(BertWeights weights) {
        this.weights = weights;
    }

    @Override
    public PtNDArray hiddenStates(PaddedBatch batch, PtNDManager scope) {
        try (PtNDManager local = scope.newSubManager(scope.getDevice())) {
            NDArray x = norm(embed(batch, local), weights.norm());
            NDArray mask = attentionMask(batch, local);
            for (Layer layer : weights.layers()) {
                NDArray attended = linear(attention(linear(x, layer.attention()), mask), layer.output());
                x = norm(x.add(attended), layer.attentionNorm());
                NDArray fed = linear(
                        ArrayMath.activate(
                                linear(x, layer.expand()), weights.config().activation()),
                        layer.contract());
                x = norm(x.add(fed), layer.feedForwardNorm());
            }
            x.attach(scope);
            return (PtNDArray) x;
        }
    }

    private NDArray embed(PaddedBatch batch, PtNDManager local) {
        Shape cells = new Shape(batch.size(), batch.width());
        NDArray ids = local.create(batch.ids(), cells);
        NDArray segments = local.zeros(cells, DataType.INT32);
        NDArray places = local.arange(0, batch.width(), 1, DataType.INT32);
        return embedding(ids, weights.words())
                .add(embedding(segments, weights.types()))
                .add(embedding(places, weights.positions()));
    }

    private static NDArray embedding(NDArray ids, PtNDArray table) {
        return JniUtils.embedding((PtNDArray) ids, table, false);
    }

    /** [B, 1, 1, T]: 0 for a text's own tokens, -inf for padding. */
    private static NDArray attentionMask(PaddedBatch batch, PtNDManager local) {
        float[] mask = new float[batch.size() * batch.width()];
        for (int cell = 0; cell < mask.length; cell++) {
            boolean padded = cell % batch.width() >= batch.lengths()[cell / batch.width()];
            mask[cell] = padded ? Float.NEGATIVE_INFINITY : 0f;
        }
        return local.create(mask, new Shape(batch.size(), 1, 1, batch.width()));
    }

    /** softmax(QKᵀ / √d + mask) V, from fused [B, T, 3H] to [B, T, H]. */
    private NDArray attention(NDArray fused, NDArray mask) {
        long b = fused.getShape().get(0);
        long t = fused.getShape().get(1);
        long heads = weights.config().attentionHeads();
        long width = weights.config().hiddenSize() / heads;
        NDArray split = fused.reshape(b, t, 3, heads, width).transpose(2, 0, 3, 1, 4);
        NDArray query = split.get(0);
        NDArray key = split.get(1);
        NDArray value = split.get(2);
        NDArray scores = query.matMul(key.transpose(0, 1, 3, 2))
                .div(Math.sqrt((double) width))
                .add(mask);
        return scores.softmax(-1).matMul(value).transpose(0, 2, 1, 3).reshape(b, t, heads * width);
    }

    private static NDArray linear(NDArray x, BertWeights.Linear layer) {
        return ArrayMath.linear(x, layer.weight(), layer.bias());
    }

    private NDArray norm(NDArray x, BertWeights.Norm norm) {
        Shape width = new Shape(weights.config().hiddenSize());
        float epsilon = (float) weights.config().layerNormEpsilon();
        return LayerNorm.layerNorm(x, width, norm.scale(), norm.shift(), epsilon)
                .singletonOrThrow();
    }

    /** Nothing to free: the weights are the caller's. */
    @Override
    public void close() {}
}
