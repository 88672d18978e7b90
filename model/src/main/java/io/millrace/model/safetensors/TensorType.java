package io.millrace.model.safetensors;

/** Element types of safetensors files that are understood here. */
public enum TensorType {
    F64(8, 0x7FF0_0000_0000_0000L),
    F32(4, 0x7F80_0000L),
    F16(2, 0x7C00L),
    BF16(2, 0x7F80L),
    I64(8, 0),
    I32(4, 0),
    I16(2, 0),
    I8(1, 0),
    U64(8, 0),
    U32(4, 0),
    U16(2, 0),
    U8(1, 0),
    BOOL(1, 0);

    private final int bytes;
    private final long exponentMask;

    TensorType(int bytes, long exponentMask) {
        this.bytes = bytes;
        this.exponentMask = exponentMask;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Whether elements are floating-point numbers, as weights must be. */
    public boolean isFloating() {
        return exponentMask != 0;
    }

    /** Bits of the exponent; all of them are set in infinities and NaN and in nothing else. 0 for whole numbers. */
    long exponentMask() {
        return exponentMask;
    }
}
