package io.millrace.index.segment;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads of segments' memory by address, for the loops in which searches spend their time. Reads through a segment of their own
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
}
