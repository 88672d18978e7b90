package io.millrace.index.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Access to segments' memory by address, for the loops in which searches and merges spend their time. Access through a segment of their own
 * check on each access whether its arena is open and what kind of memory it is; together with the vectors they feed that took
 * more than twice as long.
 *
 * <p>Nothing checks an address: callers stay within a column of a {@link Segment} that they hold, whose numbers its builder
 * checked.
 */
@SuppressWarnings("restricted") // by address, so beyond what the runtime can check
public final class NativeMemory {
    /** All memory of the process; a constant, so that compiled code knows all about it. */
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    // From so many numbers on, copying them at once is worth its preparation.
    private static final int BULK = 16;

    private NativeMemory() {}

    /** A byte, as a number of 0 to 255. */
    public static int unsignedByte(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address) & 0xFF;
    }

    /** The n-th of the ints that begin at an address. */
    public static int intAt(long address, long n) {
        return ALL.get(ValueLayout.JAVA_INT_UNALIGNED, address + n * Integer.BYTES);
    }

    /** The n-th of the longs that begin at an address. */
    public static long longAt(long address, long n) {
        return ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, address + n * Long.BYTES);
    }

    /** The n-th of the floats that begin at an address. */
    public static float floatAt(long address, long n) {
        return ALL.get(ValueLayout.JAVA_FLOAT_UNALIGNED, address + n * Float.BYTES);
    }

    public static void putByte(long address, byte value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, value);
    }

    public static void putInt(long address, int value) {
        ALL.set(ValueLayout.JAVA_INT_UNALIGNED, address, value);
    }

    public static void putLong(long address, long value) {
        ALL.set(ValueLayout.JAVA_LONG_UNALIGNED, address, value);
    }

    /** Copies ints from an address into part of an array. */
    public static void readInts(long address, int[] into, int at, int count) {
        if (count >= BULK) {
            MemorySegment.copy(ALL, ValueLayout.JAVA_INT_UNALIGNED, address, into, at, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            into[at + i] = intAt(address, i);
        }
    }

    /** Copies the first ints of an array to an address. */
    public static void writeInts(long address, int[] from, int count) {
        if (count >= BULK) {
            MemorySegment.copy(from, 0, ALL, ValueLayout.JAVA_INT_UNALIGNED, address, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            putInt(address + (long) i * Integer.BYTES, from[i]);
        }
    }
}
