package io.millrace.model.engine;

import java.util.Locale;

/** Number format of a model's linear layers. What a format changes in a vector is in the model's parity report. */
public enum Precision {
    /** 32-bit floating point, the type of the checkpoint's own arithmetic. */
    FP32,
    /** 16-bit floating point with fp32's exponent: products of 8-bit significands, added in fp32. */
    BF16;

    /** Whether linear layers are computed in it on a CPU. */
    public boolean onCpu() {
        return true;
    }

    /** How the kernels spell it. */
    String kernelName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
