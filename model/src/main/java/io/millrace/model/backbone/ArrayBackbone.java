package io.millrace.model.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.BackboneSpec;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.engine.Parameters;
import java.util.Optional;

/** A transformer of one or two stacks in plain array operations. */
public final class ArrayBackbone implements Backbone {
    private final ArrayStack reader;
    private final Optional<ArrayStack> encoder;

    /**
     * Reads the weights.
     *
     * @param owner what they are freed with, by the caller
     */
    public ArrayBackbone(BackboneSpec spec, Parameters parameters, PtNDManager owner) {
        this.encoder = spec.encoder().map(stack -> new ArrayStack(stack, parameters, owner));
        this.reader = new ArrayStack(spec.reader(), parameters, owner);
    }

    @Override
    public PtNDArray hiddenStates(ModelInput input, PtNDManager scope) {
        try (PtNDManager local = scope.newSubManager(scope.getDevice())) {
            Optional<ArrayStack.Encoded> encoded = encoder.map(stack -> {
                TokenBatch first = input.encoder().orElseThrow();
                return new ArrayStack.Encoded(stack.states(first, Optional.empty(), local), first);
            });
            NDArray states = reader.states(input.reader(), encoded, local);
            states.attach(scope);
            return (PtNDArray) states;
        }
    }

    /** Nothing to free: the weights are the caller's. */
    @Override
    public void close() {}
}
