package io.millrace.model.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.architecture.EmbeddingSpec.PositionTable;
import io.millrace.model.architecture.LayerSpec;
import io.millrace.model.architecture.LayerSpec.Attention;
import io.millrace.model.architecture.LayerSpec.CrossAttention;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.NormSpec;
import io.millrace.model.architecture.PositionScheme;
import io.millrace.model.architecture.StackShape;
import io.millrace.model.architecture.StackSpec;
import io.millrace.model.architecture.TensorListing;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.engine.ArrayMath;
import io.millrace.model.engine.Parameters;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A stack of transformer layers (Vaswani et al. 2017) in plain array operations, in the order of the definition: no fused
 * attention, no packed weights. Activations always stand left of weights, because a result belongs to its left operand's
 * owner.
 */
final class ArrayStack {
    private final StackSpec spec;
    private final StackShape shape;
    private final ArrayAttention attention;
    private final Map<List<TensorSpec>, PtNDArray> weights = new HashMap<>();

    /**
     * An encoder's output.
     *
     * @param states [M, H]
     * @param batch what it read
     */
    record Encoded(NDArray states, TokenBatch batch) {}

    ArrayStack(StackSpec spec, Parameters parameters, PtNDManager owner) {
        this.spec = spec;
        this.shape = spec.shape();
        TensorListing.of(spec)
                .groups()
                .forEach(group -> weights.put(group.tensors(), parameters.stacked(group.tensors(), owner)));
        Optional<NDArray> buckets = spec.positions() instanceof PositionScheme.Relative relative
                ? Optional.of(weight(relative.table()))
                : Optional.empty();
        this.attention = new ArrayAttention(shape, spec.positions(), buckets);
    }

    private PtNDArray weight(List<TensorSpec> tensors) {
        PtNDArray array = weights.get(tensors);
        if (array == null) {
            throw new IllegalStateException(tensors + " was not read");
        }
        return array;
    }

    private PtNDArray weight(TensorSpec tensor) {
        return weight(List.of(tensor));
    }

    /** Hidden states [N, H], text after text. */
    NDArray states(TokenBatch batch, Optional<Encoded> encoded, PtNDManager local) {
        NDArray x = embed(batch, local);
        for (LayerSpec layer : spec.layers()) {
            x = block(x, layer.attentionNorm(), in -> attend(in, layer, batch, local));
            if (layer.cross().isPresent() && encoded.isPresent()) {
                CrossAttention cross = layer.cross().get();
                x = block(x, Optional.of(cross.norm()), in -> across(in, cross, encoded.get(), batch));
            }
            x = block(x, Optional.of(layer.feedForwardNorm()), in -> feedForward(in, layer));
        }
        x = norm(x, spec.finalNorm());
        return spec.projectOut().isPresent() ? linear(x, spec.projectOut().get()) : x;
    }

    /** A block with its residual connection, normed before or after. */
    private NDArray block(NDArray x, Optional<NormSpec> norm, UnaryOperator<NDArray> inner) {
        return shape.norm().before() ? x.add(inner.apply(norm(x, norm))) : norm(x.add(inner.apply(x)), norm);
    }

    private NDArray embed(TokenBatch batch, PtNDManager local) {
        NDArray ids = local.create(batch.ids());
        NDArray x = JniUtils.embedding((PtNDArray) ids, weight(spec.embedding().words()), false);
        if (spec.embedding().project().isPresent()) {
            x = linear(x, spec.embedding().project().get());
        }
        if (spec.embedding().positions().isPresent()) {
            PositionTable table = spec.embedding().positions().get();
            if (table.types().isPresent()) {
                PtNDArray segments = (PtNDArray) local.create(batch.segments());
                x = x.add(JniUtils.embedding(segments, weight(table.types().get()), false));
            }
            PtNDArray positions = (PtNDArray) local.create(batch.positions()).add(table.first());
            x = x.add(JniUtils.embedding(positions, weight(table.table()), false));
        }
        return norm(x, spec.embedding().norm());
    }

    /** Each text by itself. */
    private NDArray attend(NDArray x, LayerSpec layer, TokenBatch batch, PtNDManager local) {
        Attention block = layer.attention();
        NDArray all = linear(x, block.input());
        long queries = (long) shape.heads() * shape.headWidth();
        long keys = (long) shape.keyHeads() * shape.headWidth();
        NDList mixed = new NDList();
        for (int b = 0; b < batch.size(); b++) {
            NDArray rows = text(all, batch, b);
            NDArray query = norm(attention.split(rows.get(":, :" + queries)), block.queryNorm());
            NDArray key = norm(attention.split(rows.get(":, " + queries + ":" + (queries + keys))), block.keyNorm());
            NDArray value = attention.split(rows.get(":, " + (queries + keys) + ":"));
            mixed.add(attention.attend(
                    attention.rotate(query, layer.local(), local),
                    attention.rotate(key, layer.local(), local),
                    value,
                    Optional.of(attention.mask(batch, b, layer.local(), local))));
        }
        return linear(NDArrays.concat(mixed), block.output());
    }

    private NDArray across(NDArray x, CrossAttention block, Encoded encoded, TokenBatch batch) {
        NDArray queries = linear(x, block.query());
        NDArray both = linear(encoded.states(), block.keyValue());
        long inner = (long) shape.heads() * shape.headWidth();
        NDList mixed = new NDList();
        for (int b = 0; b < batch.size(); b++) {
            NDArray rows = text(both, encoded.batch(), b);
            mixed.add(attention.attend(
                    attention.split(text(queries, batch, b)),
                    attention.split(rows.get(":, :" + inner)),
                    attention.split(rows.get(":, " + inner + ":")),
                    Optional.empty()));
        }
        return linear(NDArrays.concat(mixed), block.output());
    }

    /** Rows of one text. */
    private static NDArray text(NDArray rows, TokenBatch batch, int text) {
        int start = batch.starts()[text];
        return rows.get(start + ":" + (start + batch.lengths()[text]));
    }

    private NDArray feedForward(NDArray x, LayerSpec layer) {
        NDArray inner = linear(x, layer.expand());
        StackShape.FeedForward form = shape.feedForward();
        if (!form.gated()) {
            return linear(ArrayMath.activate(inner, form.activation()), layer.contract());
        }
        long half = inner.getShape().get(1) / 2;
        NDArray gate = ArrayMath.activate(inner.get(":, :" + half), form.activation());
        return linear(gate.mul(inner.get(":, " + half + ":")), layer.contract());
    }

    private NDArray linear(NDArray x, LinearSpec layer) {
        return ArrayMath.linear(x, weight(layer.weights()), layer.biases().isEmpty() ? null : weight(layer.biases()));
    }

    private NDArray norm(NDArray x, Optional<NormSpec> norm) {
        if (norm.isEmpty()) {
            return x;
        }
        double epsilon = shape.norm().epsilon();
        int last = x.getShape().dimension() - 1;
        boolean meanSquare = shape.norm().rootMeanSquare();
        NDArray centred = meanSquare ? x : x.sub(x.mean(new int[] {last}, true));
        NDArray variance = centred.square().mean(new int[] {last}, true);
        NDArray scaled =
                centred.div(variance.add(epsilon).sqrt()).mul(weight(norm.get().scale()));
        return norm.get().shift().isEmpty()
                ? scaled
                : scaled.add(weight(norm.get().shift().get()));
    }
}
