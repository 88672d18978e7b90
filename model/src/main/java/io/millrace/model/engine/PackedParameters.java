package io.millrace.model.engine;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.TensorSpec;

/**
 * A checkpoint's weights in the form that kernels take them, one at a time, so that no second copy of the model is ever in
 * memory.
 *
 * @param plain the same as fp32 arrays
 * @param packer of linear layers
 * @param precision of linear layers
 */
public record PackedParameters(Parameters plain, LinearPacker packer, Precision precision) {
    /** A linear layer's slots, see {@link LinearPacker#pack}. */
    public PtNDArray[] linear(LinearSpec linear, LinearPacker.Inputs inputs, PtNDManager owner) {
        try (PtNDManager local = owner.newSubManager(owner.getDevice())) {
            PtNDArray weight = plain.stacked(linear.weights(), local);
            PtNDArray bias = linear.biases().isEmpty() ? null : plain.stacked(linear.biases(), local);
            return packer.pack(weight, bias, precision, inputs, owner);
        }
    }

    /** A table that is looked up by row. */
    public PtNDArray table(TensorSpec table, PtNDManager owner) {
        return plain.array(table, owner);
    }
}
