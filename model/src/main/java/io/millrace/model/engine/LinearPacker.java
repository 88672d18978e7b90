package io.millrace.model.engine;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.architecture.Activation;
import java.nio.FloatBuffer;
import java.util.Arrays;
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

    /** Inputs that share a step and an offset in {@link Precision#INT4}. */
    private static final int GROUP = 32;

    /**
     * What is known of a layer's inputs; it makes integers finer, and changes nothing in floating point.
     *
     * @param floor least value of any input, or NaN if it is not known
     * @param importance of each input [in], as the mean of its square on sample texts: errors of its weights count that
     *     much when 4-bit steps are chosen; empty for all alike
     */
    @SuppressWarnings("ArrayRecordComponent") // held for a call only, and never compared
    public record Inputs(float floor, float[] importance) {
        /** Anything. */
        public static final Inputs ANY = new Inputs(Float.NaN, new float[0]);

        /** What comes out of an activation: nothing below its minimum, -0.17004 for either GELU, -0.27846 for SiLU. */
        public static Inputs after(Activation activation) {
            return switch (activation) {
                case GELU, GELU_TANH -> new Inputs(-0.1701f, new float[0]);
                case SILU -> new Inputs(-0.2785f, new float[0]);
                case RELU -> new Inputs(0f, new float[0]);
            };
        }

        /** The same with another importance. */
        public Inputs withImportance(float[] ofInputs) {
            return new Inputs(floor, ofInputs);
        }
    }

    /**
     * A layer's slots in the fastest layout, for inputs of which nothing is known.
     *
     * @param weight fp32 [out, in]; not needed afterwards
     * @param bias fp32 [out], or null; may live on in the slot, which shares its memory
     * @param owner what the slots are freed with
     */
    public PtNDArray[] pack(PtNDArray weight, @Nullable PtNDArray bias, Precision precision, PtNDManager owner) {
        return pack(weight, bias, precision, Inputs.ANY, owner);
    }

    /**
     * A layer's slots in the fastest layout.
     *
     * @param weight fp32 [out, in]; not needed afterwards
     * @param bias fp32 [out], or null; may live on in the slot, which shares its memory
     * @param inputs what the layer will be given
     * @param owner what the slots are freed with
     * @throws IllegalArgumentException for fp16 in oneDNN's layouts, for integers in others, and for int4 where in is no
     *     multiple of 32
     */
    public PtNDArray[] pack(
            PtNDArray weight, @Nullable PtNDArray bias, Precision precision, Inputs inputs, PtNDManager owner) {
        boolean packed = kernels.placement().packed();
        if (packed) {
            precision.requireOnCpu();
        } else {
            precision.requireOnCuda();
        }
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            PtNDArray shift = bias == null ? none(local) : bias;
            return switch (precision) {
                case FP32, BF16, FP16 -> floating(weight, shift, precision, packed, owner);
                case INT8 -> {
                    float[] floor = Float.isNaN(inputs.floor()) ? new float[0] : new float[] {inputs.floor()};
                    yield call("pack_int8", weight, shift, array(local, floor), owner);
                }
                case INT4 -> call("pack_int4", weight, shift, importance(weight, inputs, local), owner);
            };
        }
    }

    /**
     * A layer's slots with the weight as an ordinary array, for a table that is also looked up by row: no second copy of it
     * is made in fp32. Every reduced precision makes it bf16.
     *
     * @param weight fp32 [out, in]; lives on in the slot if the precision is fp32
     * @param bias fp32 [out], or null; may live on in the slot
     * @param owner what the slots are freed with
     */
    public PtNDArray[] plain(PtNDArray weight, @Nullable PtNDArray bias, Precision precision, PtNDManager owner) {
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            return floating(
                    weight,
                    bias == null ? none(local) : bias,
                    precision == Precision.FP32 ? Precision.FP32 : Precision.BF16,
                    false,
                    owner);
        }
    }

    private PtNDArray[] floating(
            PtNDArray weight, PtNDArray bias, Precision precision, boolean packed, PtNDManager owner) {
        try (IValue weights = IValue.from(weight);
                IValue biases = IValue.from(bias);
                IValue type = IValue.from(precision.label());
                IValue layout = IValue.from(packed)) {
            return kernels.place(kernels.callForTuple(owner, "pack_float", weights, biases, type, layout), owner);
        }
    }

    private PtNDArray[] call(String kernel, PtNDArray weight, PtNDArray bias, PtNDArray more, PtNDManager owner) {
        try (IValue weights = IValue.from(weight);
                IValue biases = IValue.from(bias);
                IValue extra = IValue.from(more)) {
            return kernels.callForTuple(owner, kernel, weights, biases, extra);
        }
    }

    private static PtNDArray importance(PtNDArray weight, Inputs inputs, PtNDManager local) {
        int in = (int) weight.getShape().get(1);
        if (in % GROUP != 0) {
            throw new IllegalArgumentException("a layer has " + in + " inputs, but int4 needs a multiple of " + GROUP
                    + "; use int8 for this model");
        }
        float[] importance = inputs.importance();
        if (importance.length == 0) {
            importance = new float[in];
            Arrays.fill(importance, 1f);
        }
        if (importance.length != in) {
            throw new IllegalArgumentException(
                    "a layer has " + in + " inputs, but the importance of " + importance.length + " was given");
        }
        return array(local, importance);
    }

    private static PtNDArray none(PtNDManager owner) {
        return array(owner, new float[0]);
    }

    /** In libtorch's own memory, see {@link Parameters#array}. */
    private static PtNDArray array(PtNDManager owner, float[] values) {
        try (PtNDArray borrowed = owner.create(FloatBuffer.wrap(values), new Shape(values.length), DataType.FLOAT32)) {
            return (PtNDArray) borrowed.duplicate();
        }
    }
}
