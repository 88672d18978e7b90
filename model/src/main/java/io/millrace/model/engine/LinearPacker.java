package io.millrace.model.engine;

import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import org.jspecify.annotations.Nullable;

/**
 * Brings the weights of linear layers into the form that the kernels' {@code linear} takes: three slots a layer, weight,
 * scale and bias, of which the last two may have no elements. Only kernels may look into the slots: their types and
 * layouts are libtorch's own, and DJL knows no name for some.
 *
 * @param kernels what packs and will compute
 */
public record LinearPacker(KernelLibrary kernels) {
    /** Slots of a layer. */
    public static final int SLOTS = 3;

    /**
     * A layer's slots in the fastest layout.
     *
     * @param weight fp32 [out, in]; not needed afterwards
     * @param bias fp32 [out], or null; may live on in the slot and is freed with the last handle
     * @param owner what the slots are freed with
     */
    public PtNDArray[] pack(PtNDArray weight, @Nullable PtNDArray bias, Precision precision, PtNDManager owner) {
        return slots(weight, bias, precision, true, owner);
    }

    /**
     * A layer's slots with the weight as an ordinary array, for a table that is also looked up by row: no second copy of it
     * is made in fp32.
     *
     * @param weight fp32 [out, in]; lives on in the slot if the precision is fp32
     * @param bias fp32 [out], or null; may live on in the slot
     * @param owner what the slots are freed with
     */
    public PtNDArray[] plain(PtNDArray weight, @Nullable PtNDArray bias, Precision precision, PtNDManager owner) {
        return slots(weight, bias, precision, false, owner);
    }

    private PtNDArray[] slots(
            PtNDArray weight, @Nullable PtNDArray bias, Precision precision, boolean packed, PtNDManager owner) {
        try (PtNDArray none = (PtNDArray) owner.zeros(new Shape(0));
                IValue weights = IValue.from(weight);
                IValue biases = IValue.from(bias == null ? none : bias);
                IValue name = IValue.from(precision.kernelName());
                IValue layout = IValue.from(packed)) {
            return kernels.callForTuple(owner, "pack_linear", weights, biases, name, layout);
        }
    }
}
