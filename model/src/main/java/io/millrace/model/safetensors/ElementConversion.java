package io.millrace.model.safetensors;

import io.millrace.model.InvalidModelException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Converts the little-endian elements of one tensor to another type and checks them, in tiles small enough to stay in the
 * first-level cache: plain loops over arrays, which the compiler turns into vector instructions. Not safe for many
 * threads.
 */
public final class ElementConversion {
    private static final ValueLayout.OfLong LONG_LE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE_LE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT_LE =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT_LE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Even, for elements of BF16 are handled in pairs. */
    private static final int TILE = 2048;

    // BF16 is the high half of F32. Two elements at once, as an int and a long, since the compiler has vector
    // instructions
    // between those but not between short and float: 7 times as fast.
    private static final long HIGH_HALF = 0xFFFF_0000L;
    private static final long JUST_BELOW_HALF = 0x0000_7FFF_0000_7FFFL;
    private static final long LAST_BIT = 0x0000_0001_0000_0001L;

    private final String subject;
    private final TensorType from;
    private final TensorType to;
    private final long[] words = new long[TILE];
    private final float[] floats = new float[TILE];
    private final short[] halves = new short[TILE];
    private final int[] pairs = new int[TILE / 2];
    private final MemorySegment wordBytes = MemorySegment.ofArray(words);
    private final MemorySegment floatBytes = MemorySegment.ofArray(floats);
    private final MemorySegment pairBytes = MemorySegment.ofArray(pairs);
    private final double[] doubles;

    /**
     * For one tensor.
     *
     * @param origin file of the tensor, for messages
     * @param from type of the elements given
     * @param to F32, BF16 or F16 if {@code from} is a floating type, or {@code from}
     * @throws InvalidModelException if {@code from} is not a floating type and {@code to} is another
     */
    public ElementConversion(String origin, String tensor, TensorType from, TensorType to) {
        this.subject = origin + ": tensor " + tensor;
        this.from = from;
        this.to = to;
        this.doubles = new double[from == TensorType.F64 ? TILE : 0];
        if (from != to && !from.isFloating()) {
            throw new InvalidModelException(
                    subject + " is " + from
                            + ", but weights must be F64, F32, F16 or BF16; use the checkpoint as it was before it was quantised");
        }
        if (from != to && (!to.isFloating() || to == TensorType.F64)) {
            throw new IllegalArgumentException("weights are held as F32, BF16 or F16, not " + to);
        }
    }

    /**
     * Converts all elements of {@code source}.
     *
     * @param target as many elements; not overlapping
     * @param first index in the tensor of the first element, for messages
     * @throws InvalidModelException if an element is not finite, or leaves the range of the type
     */
    public void convert(MemorySegment source, MemorySegment target, long first) {
        checkFinite(source, first);
        long count = source.byteSize() / from.bytes();
        if (from == to) {
            target.copyFrom(source);
            return;
        }
        for (long done = 0; done < count; done += TILE) {
            int tile = (int) Math.min(TILE, count - done);
            decode(source, done * from.bytes(), tile);
            encode(target, done * to.bytes(), tile);
        }
        boolean mayOverflow = to.bytes() < from.bytes() || to == TensorType.F16;
        long overflow = mayOverflow ? firstNotFinite(target, to) : -1;
        if (overflow >= 0) {
            throw new InvalidModelException(subject + " holds " + element(source, from, overflow) + " at element "
                    + (first + overflow) + ", beyond the range of " + to + "; hold the weights as "
                    + (to == TensorType.F16 ? "F32 or BF16" : "F32"));
        }
    }

    /**
     * Checks elements that are used as they are.
     *
     * @param first index in the tensor of the first element, for messages
     * @throws InvalidModelException if an element is not finite
     */
    public void checkFinite(MemorySegment source, long first) {
        long bad = from.isFloating() ? firstNotFinite(source, from) : -1;
        if (bad >= 0) {
            throw new InvalidModelException(subject + " holds " + element(source, from, bad) + " at element "
                    + (first + bad) + "; weights must be finite: the training diverged or the file is damaged, so use "
                    + "another checkpoint");
        }
    }

    private void decode(MemorySegment source, long offset, int count) {
        switch (from) {
            case F32 -> MemorySegment.copy(source, FLOAT_LE, offset, floats, 0, count);
            case BF16 -> {
                MemorySegment.copy(source, offset, pairBytes, 0, (long) count * Short.BYTES);
                for (int i = 0; i < pairs(count); i++) {
                    long pair = pairs[i];
                    words[i] = ((pair & HIGH_HALF) << Integer.SIZE) | ((pair << Short.SIZE) & HIGH_HALF);
                }
                MemorySegment.copy(wordBytes, 0, floatBytes, 0, (long) count * Float.BYTES);
            }
            case F16 -> {
                MemorySegment.copy(source, SHORT_LE, offset, halves, 0, count);
                for (int i = 0; i < count; i++) {
                    floats[i] = Float.float16ToFloat(halves[i]);
                }
            }
            case F64 -> {
                MemorySegment.copy(source, DOUBLE_LE, offset, doubles, 0, count);
                for (int i = 0; i < count; i++) {
                    floats[i] = (float) doubles[i];
                }
            }
            default -> throw new IllegalArgumentException(from + " is not a floating type");
        }
    }

    private void encode(MemorySegment target, long offset, int count) {
        switch (to) {
            case F32 -> MemorySegment.copy(floats, 0, target, FLOAT_LE, offset, count);
            case BF16 -> {
                MemorySegment.copy(floatBytes, 0, wordBytes, 0, (long) count * Float.BYTES);
                for (int i = 0; i < pairs(count); i++) {
                    // To nearest, ties to even: adds half of the last kept bit, or just less where that bit is 0.
                    // Finite
                    // values do not carry into the next lane.
                    long rounded = words[i] + JUST_BELOW_HALF + ((words[i] >>> Short.SIZE) & LAST_BIT);
                    pairs[i] = (int) (((rounded >>> Short.SIZE) & 0xFFFFL) | ((rounded >>> Integer.SIZE) & HIGH_HALF));
                }
                MemorySegment.copy(pairBytes, 0, target, offset, (long) count * Short.BYTES);
            }
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    halves[i] = Float.floatToFloat16(floats[i]);
                }
                MemorySegment.copy(halves, 0, target, SHORT_LE, offset, count);
            }
            default -> throw new IllegalArgumentException(to + " is not a type weights are held in");
        }
    }

    private static int pairs(int elements) {
        return (elements + 1) / 2;
    }

    /**
     * Index of the first NaN or infinity, or -1.
     *
     * <p>Looks at 8 bytes at once: with e the exponent's bits of one lane, x & e plus the lowest bit of e carries into the
     * lane's sign bit if and only if all bits of the exponent are set.
     */
    private long firstNotFinite(MemorySegment values, TensorType type) {
        int perWord = Long.BYTES / type.bytes();
        long lanes = Long.divideUnsigned(-1, -1L >>> (Long.SIZE - type.bytes() * Byte.SIZE));
        long mask = type.exponentMask() * lanes;
        long lowest = Long.lowestOneBit(type.exponentMask()) * lanes;
        long sign = (1L << (type.bytes() * Byte.SIZE - 1)) * lanes;
        long wordsInAll = values.byteSize() / Long.BYTES;
        for (long done = 0; done < wordsInAll; done += TILE) {
            int count = (int) Math.min(TILE, wordsInAll - done);
            MemorySegment.copy(values, LONG_LE, done * Long.BYTES, words, 0, count);
            long carries = 0;
            for (int i = 0; i < count; i++) {
                carries |= (words[i] & mask) + lowest;
            }
            if ((carries & sign) != 0) {
                return firstNotFinite(values, type, done * perWord);
            }
        }
        return firstNotFinite(values, type, wordsInAll * perWord);
    }

    private static long firstNotFinite(MemorySegment values, TensorType type, long begin) {
        for (long i = begin; i < values.byteSize() / type.bytes(); i++) {
            if (!Double.isFinite(element(values, type, i))) {
                return i;
            }
        }
        return -1;
    }

    /** One element, for messages. */
    static double element(MemorySegment values, TensorType type, long index) {
        return switch (type) {
            case F64 -> values.get(DOUBLE_LE, index * Double.BYTES);
            case F32 -> values.get(FLOAT_LE, index * Float.BYTES);
            case F16 -> Float.float16ToFloat(values.get(SHORT_LE, index * Short.BYTES));
            case BF16 -> Float.intBitsToFloat(values.get(SHORT_LE, index * Short.BYTES) << Short.SIZE);
            default -> throw new IllegalArgumentException(type + " is not a floating type");
        };
    }
}
