package io.millrace.model.backbone;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.architecture.BackboneSpec;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PackedParameters;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.List;
import java.util.Optional;

/** A transformer of one or two stacks, each one native call. */
public final class KernelBackbone implements Backbone {
    private final KernelStack reader;
    private final Optional<KernelStack> encoder;

    /**
     * Packs the weights.
     *
     * @param positions longest row of cells that will be read
     */
    public KernelBackbone(KernelLibrary kernels, BackboneSpec spec, PackedParameters parameters, int positions) {
        this.encoder = spec.encoder().map(stack -> new KernelStack(kernels, stack, parameters, positions));
        this.reader = new KernelStack(kernels, spec.reader(), parameters, positions);
    }

    @Override
    public PtNDArray hiddenStates(ModelInput input, PtNDManager scope) {
        if (encoder.isEmpty()) {
            return reader.states(input.reader(), input.groups(), Optional.empty(), Optional.empty(), scope);
        }
        try (IValue across = encoded(input.encoder().orElseThrow())) {
            return reader.states(input.reader(), input.groups(), Optional.of(across), Optional.empty(), scope);
        }
    }

    /**
     * Reads how texts begin, to go on token by token. An encoder's texts are encoded once.
     *
     * @param prompts what is read at first: of each text one token at least
     * @return to be closed by the caller
     * @throws IllegalArgumentException if the reader is no causal stack, or a text is longer than it was prepared for
     */
    public Continuation begin(ModelInput prompts) {
        Optional<IValue> across = prompts.encoder().map(this::encoded);
        try {
            return new Continuation(reader, prompts, across);
        } catch (RuntimeException e) {
            across.ifPresent(IValue::close);
            throw e;
        }
    }

    /** Bytes that a {@link Continuation} keeps of each token of a text. */
    public long bytesPerToken() {
        return KeyValueCache.bytesPerCell(reader.spec());
    }

    /** What the reader sees of encoded texts; to be closed by the caller. */
    private IValue encoded(TokenBatch texts) {
        ModelInput input = ModelInput.of(texts);
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            KernelStack stack = encoder.orElseThrow();
            return reader.across(stack.states(texts, input.groups(), Optional.empty(), Optional.empty(), local));
        }
    }

    /** Closes values, last made first. */
    static void closeAll(List<IValue> values) {
        values.reversed().forEach(IValue::close);
    }

    @Override
    public void close() {
        reader.close();
        encoder.ifPresent(KernelStack::close);
    }
}
