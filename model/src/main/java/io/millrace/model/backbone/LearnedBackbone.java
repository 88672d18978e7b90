package io.millrace.model.backbone;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.BackboneSpec;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.engine.KernelLibrary;
import java.util.Optional;

/** A transformer of one or two stacks that gradients flow through. Weights are arguments. Safe for many threads. */
public final class LearnedBackbone implements AutoCloseable {
    private final LearnedStack reader;
    private final Optional<LearnedStack> encoder;

    /**
     * Readies what does not depend on weights.
     *
     * @param positions longest row of cells that will be read
     */
    public LearnedBackbone(KernelLibrary kernels, BackboneSpec spec, int positions) {
        this.encoder = spec.encoder().map(stack -> new LearnedStack(kernels, stack, positions));
        this.reader = new LearnedStack(kernels, spec.reader(), positions);
    }

    /**
     * Hidden states of a batch, cell by cell, recorded if the calling thread records gradients.
     *
     * @param weights as they are now
     * @param drops what dropout leaves out; empty for nothing
     * @param scope what the result, and all that its gradient needs, is freed with
     * @return [N, H] of the N cells of {@code input.reader()}
     */
    public PtNDArray hiddenStates(ModelInput input, SlotSource weights, Optional<Drops> drops, PtNDManager scope) {
        Optional<LearnedStack.Encoded> encoded = encoder.map(stack -> {
            TokenBatch texts = input.encoder().orElseThrow();
            PtNDArray states = stack.states(
                    texts,
                    ModelInput.of(texts).groups(),
                    Optional.empty(),
                    weights,
                    drops.map(Drops::ofEncoder),
                    scope);
            return new LearnedStack.Encoded(states, texts);
        });
        return reader.states(input.reader(), input.groups(), encoded, weights, drops, scope);
    }

    @Override
    public void close() {
        reader.close();
        encoder.ifPresent(LearnedStack::close);
    }
}
