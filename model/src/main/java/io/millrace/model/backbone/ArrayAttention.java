package io.millrace.model.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.PositionScheme;
import io.millrace.model.architecture.PositionScheme.Relative;
import io.millrace.model.architecture.PositionScheme.Rotary;
import io.millrace.model.architecture.Rotation;
import io.millrace.model.architecture.StackShape;
import io.millrace.model.batch.PaddedBatch;
import java.util.Optional;

/**
 * Attention by the definition. B texts, A heads of queries, K of keys, T and S positions, D columns a head.
 *
 * @param shape of the stack
 * @param positions how attention knows them
 * @param buckets T5's bias [buckets, A]; empty for other schemes
 */
record ArrayAttention(StackShape shape, PositionScheme positions, Optional<NDArray> buckets) {
    /** What is added where a key may not be seen: leaves exactly 0, and a number where no key may be seen at all. */
    private static final float HIDDEN = -1e30f;

    /** [B, T, A * D] to [B, A, T, D]. */
    NDArray split(NDArray rows) {
        long heads = rows.getShape().get(2) / shape.headWidth();
        return rows.reshape(rows.getShape().get(0), rows.getShape().get(1), heads, shape.headWidth())
                .transpose(0, 2, 1, 3);
    }

    /** softmax(scale · QKᵀ + mask) V: [B, T, A * D]. */
    NDArray attend(NDArray query, NDArray key, NDArray value, NDArray mask) {
        int group = shape.heads() / shape.keyHeads();
        NDArray keys = group == 1 ? key : key.repeat(1, group);
        NDArray values = group == 1 ? value : value.repeat(1, group);
        NDArray scores = query.matMul(keys.transpose(0, 1, 3, 2))
                .mul(shape.attentionScale())
                .add(mask);
        NDArray mixed = scores.softmax(-1).matMul(values).transpose(0, 2, 1, 3);
        return mixed.reshape(mixed.getShape().get(0), mixed.getShape().get(1), -1);
    }

    /** Each pair of columns (d, d + D/2) turned by its angle at the position; unchanged under other schemes. */
    NDArray rotate(NDArray heads, boolean local, PtNDManager manager) {
        if (!(positions instanceof Rotary rotary)) {
            return heads;
        }
        Rotation rotation = local ? rotary.local().orElseThrow().rotation() : rotary.global();
        float[] frequencies = rotation.frequencies();
        int width = (int) heads.getShape().get(2);
        float[] cosines = new float[width * frequencies.length];
        float[] sines = new float[cosines.length];
        for (int t = 0; t < width; t++) {
            for (int d = 0; d < frequencies.length; d++) {
                cosines[t * frequencies.length + d] = (float) Math.cos(t * frequencies[d]);
                sines[t * frequencies.length + d] = (float) Math.sin(t * frequencies[d]);
            }
        }
        NDArray cosine = manager.create(cosines, new Shape(width, frequencies.length));
        NDArray sine = manager.create(sines, new Shape(width, frequencies.length));
        NDArray first = heads.get(":, :, :, :" + frequencies.length);
        NDArray second = heads.get(":, :, :, " + frequencies.length + ":");
        return NDArrays.concat(
                new ai.djl.ndarray.NDList(
                        first.mul(cosine).sub(second.mul(sine)),
                        second.mul(cosine).add(first.mul(sine))),
                3);
    }

    /** [B, A, T, T]: what is added to a layer's own products. */
    NDArray mask(PaddedBatch batch, boolean local, PtNDManager manager) {
        int reach = local && positions instanceof Rotary rotary
                ? rotary.local().orElseThrow().reach()
                : batch.width();
        int t = batch.width();
        float[] mask = new float[batch.size() * t * t];
        int[] bucket = new int[t * t];
        for (int i = 0; i < mask.length; i++) {
            int query = i / t % t;
            int key = i % t;
            boolean seen = batch.keys().get(i / (t * t) * t + key)
                    && (key <= query || !shape.causal())
                    && Math.abs(key - query) <= reach;
            mask[i] = seen ? 0 : HIDDEN;
            bucket[i % bucket.length] = positions instanceof Relative relative ? relative.bucket(key - query) : 0;
        }
        NDArray hidden = manager.create(mask, new Shape(batch.size(), 1, t, t));
        if (buckets.isEmpty()) {
            return hidden;
        }
        NDArray places = manager.create(bucket).toType(ai.djl.ndarray.types.DataType.INT64, false);
        // Attached, because it would stay with the weights.
        NDArray bias = buckets.get().get(places);
        bias.attach(manager);
        return hidden.add(bias.transpose().reshape(1, shape.heads(), t, t));
    }

    /** [B, 1, T, S]: what is added to products with another sequence. */
    static NDArray keysOnly(PaddedBatch other, int queries, PtNDManager manager) {
        int s = other.width();
        float[] mask = new float[other.size() * queries * s];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = other.keys().get(i / (queries * s) * s + i % s) ? 0 : HIDDEN;
        }
        return manager.create(mask, new Shape(other.size(), 1, queries, s));
    }
}
