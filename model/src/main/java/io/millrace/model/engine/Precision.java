package io.millrace.model.engine;

import io.millrace.model.device.DeviceChoice;
import java.util.Locale;

/**
 * Number format of a model's linear layers. Sums are formed in fp32 or exactly in integers; embeddings, norms and the
 * sparse head's projection stay in fp32. Nothing is calibrated, and activations are scaled row by row, so a text's vector
 * does not depend on other texts in any of them.
 */
public enum Precision {
    /** 32-bit floating point, the checkpoint's own arithmetic. */
    FP32(4),
    /** 16-bit floating point with the range of fp32 and 8 significant bits. */
    BF16(2),
    /** 16-bit floating point with 11 significant bits and a small range; not on CPUs. */
    FP16(2),
    /** 8-bit integers, symmetric, a scale for each output and for each row of activations. */
    INT8(1),
    /**
     * 4-bit integers with a step and an offset for each 32 inputs of an output, multiplied as 8-bit integers: an eighth of
     * fp32's memory at nearly the speed of {@link #INT8}, and far less accurate.
     */
    INT4(0.5625);

    private final double bytesPerWeight;

    Precision(double bytesPerWeight) {
        this.bytesPerWeight = bytesPerWeight;
    }

    /** Memory of one weight of a packed layer, its scales included, in bytes. */
    public double bytesPerWeight() {
        return bytesPerWeight;
    }

    /** Whether linear layers are computed in it on a CPU. */
    public boolean onCpu() {
        return this != FP16;
    }

    /** Whether linear layers are computed in it on a CUDA device; integers are multiplied by oneDNN, which only CPUs have. */
    public boolean onCuda() {
        return this != INT8 && this != INT4;
    }

    /** How flags, reports and kernels spell it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The precision with a label.
     *
     * @throws IllegalArgumentException naming the known ones if there is none
     */
    public static Precision of(String label) {
        for (Precision precision : values()) {
            if (precision.label().equals(label.toLowerCase(Locale.ROOT))) {
                return precision;
            }
        }
        throw new IllegalArgumentException(
                "precision is '" + label + "', but the known ones are fp32, bf16, fp16, int8 and int4");
    }

    /**
     * Refuses a precision that CPUs have no fast arithmetic for.
     *
     * @throws IllegalArgumentException for {@link #FP16}
     */
    public void requireOnCpu() {
        if (this == FP16) {
            // libtorch converts it to fp32 and back at every product on CPUs without AVX512-FP16 or AMX-FP16.
            throw new IllegalArgumentException(
                    "precision is fp16, which CPUs compute more slowly than fp32; use bf16 or int8 on a CPU");
        }
    }

    /**
     * Refuses a precision that a device does not compute in. What is left to be chosen may turn out to be either.
     *
     * @throws IllegalArgumentException naming those that it does
     */
    public void requireOn(DeviceChoice device) {
        switch (device.kind()) {
            case CPU -> requireOnCpu();
            case CUDA -> requireOnCuda();
            case AUTO -> {}
        }
    }

    /**
     * Refuses a precision that needs a CPU's own libraries.
     *
     * @throws IllegalArgumentException for {@link #INT8} and {@link #INT4}
     */
    public void requireOnCuda() {
        if (!onCuda()) {
            throw new IllegalArgumentException(
                    "precision is " + label() + ", which runs on CPUs only; use fp32, bf16 or fp16 on a CUDA device");
        }
    }
}
