package io.millrace.model.backbone;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.architecture.LayerSpec;
import io.millrace.model.architecture.StackShape;
import io.millrace.model.architecture.StackSpec;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PackedParameters;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** A stack of transformer layers as one native call; its slots are described in {@code kernels/stack.py}. */
final class KernelStack implements AutoCloseable {
    private final KernelLibrary kernels;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final List<IValue> constants;
    private final IValue layers;
    private final IValue depth;
    private final StackSpec spec;
    private final int positions;

    KernelStack(KernelLibrary kernels, StackSpec spec, PackedParameters parameters, int positions) {
        this.kernels = kernels;
        this.spec = spec;
        this.positions = positions;
        StackShape shape = spec.shape();
        PositionTables tables = new PositionTables(spec.positions(), positions);
        Boolean[] local = spec.layers().stream().map(LayerSpec::local).toArray(Boolean[]::new);
        boolean[] windows = new boolean[local.length];
        for (int i = 0; i < local.length; i++) {
            windows[i] = local[i];
        }
        Slots slots = new Slots(new PackedSlots(parameters, owner));
        this.layers = list(slots.layers(spec));
        this.depth = IValue.from((long) spec.layers().size());
        this.constants = List.of(
                list(slots.table(spec.embedding())),
                IValue.listFrom(kernels.place(tables.rotation(owner).toArray(PtNDArray[]::new), owner)),
                IValue.from(kernels.place(bias(tables, parameters.plain(), owner), owner)),
                layers,
                list(slots.last(spec)),
                IValue.listFrom(windows),
                IValue.from((long) tables.reach()),
                IValue.from((long) shape.heads()),
                IValue.from((long) shape.keyHeads()),
                IValue.from((long) shape.headWidth()),
                IValue.from(shape.attentionScale()),
                IValue.from(shape.causal()),
                IValue.from(shape.norm().rootMeanSquare()),
                IValue.from(shape.norm().before()),
                IValue.from(shape.norm().epsilon()),
                IValue.from(shape.feedForward().activation().kernelName()),
                IValue.from(shape.feedForward().gated()));
    }

    private static PtNDArray bias(PositionTables tables, Parameters parameters, PtNDManager owner) {
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            PtNDArray bias = (PtNDArray)
                    tables.bias(table -> parameters.array(table, local), local).duplicate();
            bias.attach(owner);
            return bias;
        }
    }

    private static IValue list(List<PtNDArray> tensors) {
        return IValue.listFrom(tensors.toArray(PtNDArray[]::new));
    }

    /**
     * Hidden states [N, H].
     *
     * @param groups of texts, see {@link io.millrace.model.batch.ModelInput#groups}
     * @param across an encoder's keys and values, see {@link #across}; empty for none
     * @param cache takes the layers' own keys and values; empty if nobody goes on with them
     * @param scope what the result is freed with
     */
    PtNDArray states(
            TokenBatch batch,
            long[] groups,
            Optional<IValue> across,
            Optional<KeyValueCache> cache,
            PtNDManager scope) {
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue ids = IValue.from((PtNDArray) ((NDManager) local).create(batch.ids()));
                IValue positions = IValue.from((PtNDArray) ((NDManager) local).create(batch.positions()));
                IValue segments = IValue.from((PtNDArray)
                        ((NDManager) local).create(batch.seconds().isEmpty() ? new int[0] : batch.segments()));
                IValue keys = IValue.from(
                        (PtNDArray) ((NDManager) local).create(batch.allKeys() ? new float[0] : batch.keyMask()));
                IValue runs = IValue.listFrom(groups);
                IValue none = IValue.listFrom(new PtNDArray[0])) {
            IValue[] arguments = Stream.concat(
                            Stream.of(
                                    ids,
                                    positions,
                                    segments,
                                    keys,
                                    runs,
                                    across.orElse(none),
                                    cache.map(KeyValueCache::value).orElse(none)),
                            constants.stream())
                    .toArray(IValue[]::new);
            return kernels.call(scope, "stack", arguments);
        }
    }

    /**
     * Hidden states [B, H] of one more cell of each of B texts under the causal mask.
     *
     * @param tokens ids [B]
     * @param cells of each text that were read before [B], all of them in the cache
     * @param groups of encoded texts: how many, texts that read each, cells of each; either of the first two is 1
     * @param across see {@link #across}; empty for none
     * @param scope what the result is freed with
     */
    PtNDArray step(
            int[] tokens, int[] cells, long[] groups, Optional<IValue> across, KeyValueCache cache, PtNDManager scope) {
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue ids = IValue.from((PtNDArray) ((NDManager) local).create(tokens));
                IValue places = IValue.from((PtNDArray) ((NDManager) local).create(cells));
                IValue runs = IValue.listFrom(runs(cells));
                IValue encoded = IValue.listFrom(groups);
                IValue none = IValue.listFrom(new PtNDArray[0])) {
            IValue[] arguments = Stream.concat(
                            Stream.of(ids, places, runs, encoded, across.orElse(none), cache.value()),
                            constants.stream())
                    .toArray(IValue[]::new);
            return kernels.call(scope, "step", arguments);
        }
    }

    /** Runs of equal numbers: how many, and which. */
    private static long[] runs(int[] numbers) {
        LongStream.Builder runs = LongStream.builder();
        for (int begin = 0, end = 1; end <= numbers.length; end++) {
            if (end == numbers.length || numbers[end] != numbers[begin]) {
                runs.add(end - begin).add(numbers[begin]);
                begin = end;
            }
        }
        return runs.build().toArray();
    }

    /** An empty cache for texts of up to so many cells; to be closed by the caller. */
    KeyValueCache cache(int texts, int cells) {
        return new KeyValueCache(kernels, layers, spec, texts, cells);
    }

    /** Leaves of what {@link #across} gave some rows only, in its place. */
    void chooseAcross(IValue across, int[] rows) {
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue chosen = IValue.from((PtNDArray) ((NDManager) local).create(rows))) {
            kernels.callForValue("choose_across", across, chosen).close();
        }
    }

    /** Longest text, in cells. */
    int positions() {
        return positions;
    }

    /** What the stack is made of. */
    StackSpec spec() {
        return spec;
    }

    /**
     * What this stack's layers see of an encoder, once for all that is read beside it.
     *
     * @param encoded states [M, H]
     * @return to be closed by the caller
     */
    IValue across(PtNDArray encoded) {
        try (IValue states = IValue.from(encoded)) {
            return kernels.callForValue("across", states, layers, depth);
        }
    }

    @Override
    public void close() {
        depth.close();
        KernelBackbone.closeAll(constants);
        owner.close();
    }
}
