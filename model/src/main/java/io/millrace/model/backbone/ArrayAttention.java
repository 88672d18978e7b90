package io.millrace.model.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.PositionScheme;
import io.millrace.model.architecture.PositionScheme.Relative;
import io.millrace.model.architecture.PositionScheme.Rotary;
import io.millrace.model.architecture.Rotation;
import io.millrace.model.architecture.StackShape;
import io.millrace.model.batch.TokenBatch;
import java.util.Optional;

/**
 * Attention within a text, by the definition. A heads of queries, K of keys, T and S positions, D columns a head.
 *
 * @param shape of the stack
 * @param positions how attention knows them
 * @param buckets T5's bias [buckets, A]; empty for other schemes
 */
record ArrayAttention(StackShape shape, PositionScheme positions, Optional<NDArray> buckets) {
    /** What is added where a key may not be seen: leaves exactly 0, and a number where no key may be seen at all. */
    private static final float HIDDEN = -1e30f;

    /** [T, A * D] to [A, T, D]. */
    NDArray split(NDArray rows) {
        long heads = rows.getShape().get(1) / shape.headWidth();
        return rows.reshape(rows.getShape().get(0), heads, shape.headWidth()).transpose(1, 0, 2);
    }

    /** softmax(scale · QKᵀ + mask) V: [T, A * D]. */
    NDArray attend(NDArray query, NDArray key, NDArray value, Optional<NDArray> mask) {
        int group = shape.heads() / shape.keyHeads();
        NDArray keys = group == 1 ? key : key.repeat(0, group);
        NDArray values = group == 1 ? value : value.repeat(0, group);
        NDArray scores = query.matMul(keys.transpose(0, 2, 1)).mul(shape.attentionScale());
        NDArray seen = mask.isEmpty() ? scores : scores.add(mask.get());
        NDArray mixed = seen.softmax(-1).matMul(values).transpose(1, 0, 2);
        return mixed.reshape(mixed.getShape().get(0), -1);
    }

    /** Each pair of columns (d, d + D/2) turned by its angle at the position; unchanged under other schemes. */
    NDArray rotate(NDArray heads, boolean local, PtNDManager manager) {
        if (!(positions instanceof Rotary rotary)) {
            return heads;
        }
        Rotation rotation = local ? rotary.local().orElseThrow().rotation() : rotary.global();
        float[] frequencies = rotation.frequencies();
        int width = (int) heads.getShape().get(1);
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
        NDArray first = heads.get(":, :, :" + frequencies.length);
        NDArray second = heads.get(":, :, " + frequencies.length + ":");
        return NDArrays.concat(
                new ai.djl.ndarray.NDList(
                        first.mul(cosine).sub(second.mul(sine)),
                        second.mul(cosine).add(first.mul(sine))),
                2);
    }

    /** [1 or A, T, T]: what is added to products within a text. */
    NDArray mask(TokenBatch batch, int text, boolean local, PtNDManager manager) {
        int t = batch.lengths()[text];
        int start = batch.starts()[text];
        int reach = local && positions instanceof Rotary rotary
                ? rotary.local().orElseThrow().reach()
                : t;
        float[] mask = new float[t * t];
        int[] bucket = new int[t * t];
        for (int i = 0; i < mask.length; i++) {
            int query = i / t;
            int key = i % t;
            boolean seen = batch.keys().get(start + key)
                    && (key <= query || !shape.causal())
                    && Math.abs(key - query) <= reach;
            mask[i] = seen ? 0 : HIDDEN;
            bucket[i] = positions instanceof Relative relative ? relative.bucket(key - query) : 0;
        }
        NDArray hidden = manager.create(mask, new Shape(1, t, t));
        if (buckets.isEmpty()) {
            return hidden;
        }
        NDArray places = manager.create(bucket).toType(DataType.INT64, false);
        // Attached, because it would stay with the weights.
        NDArray bias = buckets.get().get(places);
        bias.attach(manager);
        return hidden.add(bias.transpose().reshape(shape.heads(), t, t));
    }
}
