package io.millrace.model.backbone;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.LayerSpec;
import io.millrace.model.architecture.LayerSpec.CrossAttention;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.StackShape;
import io.millrace.model.architecture.StackSpec;
import io.millrace.model.backbone.SlotSource.LowRank;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** A stack of transformer layers as one native call that gradients flow through, see {@code kernels/learn.py}. */
final class LearnedStack implements AutoCloseable {
    /**
     * States of an encoder.
     *
     * @param states [M, H]
     * @param batch the M cells that they are of
     */
    record Encoded(PtNDArray states, TokenBatch batch) {}

    private final KernelLibrary kernels;
    private final StackSpec spec;
    private final PositionTables tables;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final List<PtNDArray> rotation;

    LearnedStack(KernelLibrary kernels, StackSpec spec, int positions) {
        this.kernels = kernels;
        this.spec = spec;
        this.tables = new PositionTables(spec.positions(), positions);
        this.rotation = tables.rotation(owner);
    }

    /**
     * Hidden states [N, H].
     *
     * @param groups of texts, see {@link io.millrace.model.batch.ModelInput#groups}
     * @param encoded what an encoder read; empty for none
     * @param weights as they are now
     * @param drops what dropout leaves out; empty for nothing
     * @param scope what the result, and all that its gradient needs, is freed with
     */
    PtNDArray states(
            TokenBatch batch,
            long[] groups,
            Optional<Encoded> encoded,
            SlotSource weights,
            Optional<Drops> drops,
            PtNDManager scope) {
        NDManager arrays = scope;
        Parts parts = new Parts();
        parts.add(List.of(
                (PtNDArray) arrays.create(batch.ids()),
                (PtNDArray) arrays.create(batch.positions()),
                (PtNDArray) arrays.create(batch.seconds().isEmpty() ? new int[0] : batch.segments()),
                (PtNDArray) arrays.create(batch.allKeys() ? new float[0] : batch.keyMask())));
        parts.add(encoded.map(Encoded::states).stream().toList());
        Slots slots = new Slots(weights);
        parts.add(slots.table(spec.embedding()));
        parts.add(rotation);
        parts.add(List.of(tables.bias(weights::array, scope)));
        parts.add(slots.layers(spec));
        parts.add(slots.last(spec));
        Optional<DropMasks> states = drops.flatMap(Drops::stateMasks);
        int sites = 1 + spec.layers().size() * (encoded.isPresent() ? 3 : 2);
        parts.add(states.map(masks -> masks.states(batch, 0, sites, spec.shape().hidden(), scope)).stream()
                .toList());
        parts.add(drops.flatMap(Drops::attentionMasks)
                .map(masks -> attention(masks, batch, scope))
                .orElse(List.of()));
        parts.add(drops.map(drawn -> adapters(drawn, batch, encoded, weights, scope))
                .orElse(List.of()));
        double[] reals = {
            spec.shape().attentionScale(),
            spec.shape().norm().epsilon(),
            states.map(DropMasks::kept).orElse(1.0),
            drops.flatMap(Drops::attentionMasks).map(DropMasks::kept).orElse(1.0),
            drops.map(Drops::adapterKept).orElse(1.0)
        };
        return kernels.learn(scope, "learn_stack", numbers(groups, parts), reals, parts.tensors);
    }

    private List<PtNDArray> attention(DropMasks masks, TokenBatch batch, PtNDManager scope) {
        List<PtNDArray> layers = new ArrayList<>();
        for (int i = 0; i < spec.layers().size(); i++) {
            layers.add(masks.attention(batch, i, spec.shape().heads(), scope));
        }
        return layers;
    }

    /** Three tensors a linear layer, see {@code adapted} in {@code kernels/learn.py}; none if no layer has any. */
    private List<PtNDArray> adapters(
            Drops drops, TokenBatch batch, Optional<Encoded> encoded, SlotSource weights, PtNDManager scope) {
        List<PtNDArray> tensors = new ArrayList<>();
        boolean any = false;
        int place = 0;
        for (LayerSpec layer : spec.layers()) {
            for (Read read : reads(layer, batch, encoded)) {
                Optional<LowRank> adapters = weights.beside(read.linear());
                any |= adapters.isPresent();
                tensors.addAll(
                        adapters.isPresent()
                                ? adapters.get().slots(drops, read.batch(), place, scope)
                                : Collections.nCopies(LowRank.SLOTS, weights.none()));
                place++;
            }
        }
        return any ? tensors : List.of();
    }

    /** A linear layer, and the cells that it reads. */
    private record Read(LinearSpec linear, TokenBatch batch) {}

    /** Linear layers in the order of their slots. */
    private static List<Read> reads(LayerSpec layer, TokenBatch batch, Optional<Encoded> encoded) {
        List<Read> reads = new ArrayList<>(List.of(
                new Read(layer.attention().input(), batch),
                new Read(layer.attention().output(), batch),
                new Read(layer.expand(), batch),
                new Read(layer.contract(), batch)));
        if (encoded.isPresent() && layer.cross().isPresent()) {
            CrossAttention cross = layer.cross().get();
            reads.add(new Read(cross.query(), batch));
            reads.add(new Read(cross.keyValue(), encoded.get().batch()));
            reads.add(new Read(cross.output(), batch));
        }
        return reads;
    }

    private long[] numbers(long[] groups, Parts parts) {
        StackShape shape = spec.shape();
        LongStream.Builder numbers = LongStream.builder();
        numbers.add(shape.heads())
                .add(shape.keyHeads())
                .add(shape.headWidth())
                .add(shape.causal() ? 1 : 0)
                .add(shape.norm().rootMeanSquare() ? 1 : 0)
                .add(shape.norm().before() ? 1 : 0)
                .add(shape.feedForward().activation().kernelNumber())
                .add(shape.feedForward().gated() ? 1 : 0)
                .add(tables.reach())
                .add(spec.layers().size());
        for (LayerSpec layer : spec.layers()) {
            numbers.add(layer.local() ? 1 : 0);
        }
        numbers.add(groups.length);
        LongStream.of(groups).forEach(numbers::add);
        parts.sizes.forEach(numbers::add);
        return numbers.build().toArray();
    }

    /** Lists of tensors as one, and how long each is. */
    private static final class Parts {
        private final List<PtNDArray> tensors = new ArrayList<>();
        private final List<Long> sizes = new ArrayList<>();

        void add(List<PtNDArray> part) {
            tensors.addAll(part);
            sizes.add((long) part.size());
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
