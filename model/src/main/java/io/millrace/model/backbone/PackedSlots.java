package io.millrace.model.backbone;

import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.engine.LinearPacker.Inputs;
import io.millrace.model.engine.PackedParameters;
import java.util.List;

/**
 * Weights packed for serving, each read when its turn comes.
 *
 * @param parameters what packs them
 * @param owner what arrays are freed with that {@code parameters} does not keep
 * @param none see {@link SlotSource#none}
 */
record PackedSlots(PackedParameters parameters, PtNDManager owner, PtNDArray none) implements SlotSource {
    PackedSlots(PackedParameters parameters, PtNDManager owner) {
        this(parameters, owner, parameters.place((PtNDArray) owner.zeros(new Shape(0)), owner));
    }

    @Override
    public PtNDArray table(TensorSpec table) {
        return parameters.table(table);
    }

    @Override
    public PtNDArray array(TensorSpec tensor) {
        return parameters.place(parameters.plain().array(tensor, owner), owner);
    }

    @Override
    public List<PtNDArray> linear(LinearSpec linear, Inputs inputs) {
        return List.of(parameters.linear(linear, inputs));
    }
}
