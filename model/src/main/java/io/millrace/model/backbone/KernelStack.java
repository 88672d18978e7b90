package io.millrace.model.backbone;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.architecture.EmbeddingSpec;
import io.millrace.model.architecture.LayerSpec;
import io.millrace.model.architecture.StackShape;
import io.millrace.model.architecture.StackSpec;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PackedParameters;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A stack of transformer layers as one native call; its slots are described in {@code kernels/stack.py}. */
final class KernelStack implements AutoCloseable {
    private final KernelLibrary kernels;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final List<IValue> constants;

    KernelStack(KernelLibrary kernels, StackSpec spec, PackedParameters parameters, int positions) {
        this.kernels = kernels;
        StackShape shape = spec.shape();
        PositionTables tables = new PositionTables(spec.positions(), positions);
        Boolean[] local = spec.layers().stream().map(LayerSpec::local).toArray(Boolean[]::new);
        boolean[] windows = new boolean[local.length];
        for (int i = 0; i < local.length; i++) {
            windows[i] = local[i];
        }
        Slots slots = new Slots(parameters, owner);
        this.constants = List.of(
                table(slots, spec.embedding()),
                IValue.listFrom(tables.rotation(owner).toArray(PtNDArray[]::new)),
                IValue.from(tables.bias(parameters.plain(), owner)),
                layers(slots, spec.layers()),
                last(slots, spec),
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

    private IValue table(Slots slots, EmbeddingSpec embedding) {
        slots.table(embedding.words());
        slots.positions(embedding.positions());
        slots.norm(embedding.norm());
        slots.linear(embedding.project());
        return slots.take();
    }

    private static IValue layers(Slots slots, List<LayerSpec> layers) {
        for (LayerSpec layer : layers) {
            slots.norm(layer.attentionNorm());
            slots.linear(layer.attention().input());
            slots.norm(layer.attention().queryNorm());
            slots.norm(layer.attention().keyNorm());
            slots.linear(layer.attention().output());
            slots.norm(layer.feedForwardNorm());
            slots.linear(layer.expand());
            slots.linear(layer.contract());
            layer.cross().ifPresent(cross -> {
                slots.norm(cross.norm());
                slots.linear(cross.query());
                slots.linear(cross.keyValue());
                slots.linear(cross.output());
            });
        }
        return slots.take();
    }

    private static IValue last(Slots slots, StackSpec spec) {
        slots.norm(spec.finalNorm());
        slots.linear(spec.projectOut());
        return slots.take();
    }

    /**
     * Hidden states [N, H].
     *
     * @param groups of texts, see {@link io.millrace.model.batch.ModelInput#groups}
     * @param encoded an encoder's states [M, H]; empty for none
     * @param scope what the result is freed with
     */
    PtNDArray states(TokenBatch batch, long[] groups, Optional<PtNDArray> encoded, PtNDManager scope) {
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue ids = IValue.from((PtNDArray) ((NDManager) local).create(batch.ids()));
                IValue positions = IValue.from((PtNDArray) ((NDManager) local).create(batch.positions()));
                IValue keys = IValue.from(
                        (PtNDArray) ((NDManager) local).create(batch.allKeys() ? new float[0] : batch.keyMask()));
                IValue runs = IValue.listFrom(groups);
                IValue across = IValue.listFrom(encoded.stream().toArray(PtNDArray[]::new))) {
            IValue[] arguments = Stream.concat(Stream.of(ids, positions, keys, runs, across), constants.stream())
                    .toArray(IValue[]::new);
            return kernels.call(scope, "stack", arguments);
        }
    }

    @Override
    public void close() {
        KernelBackbone.closeAll(constants);
        owner.close();
    }
}
