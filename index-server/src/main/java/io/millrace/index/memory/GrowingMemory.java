package io.millrace.index.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A column outside the heap whose length is not known beforehand: it doubles as it fills. For one thread. */
public final class GrowingMemory implements AutoCloseable {
    private static final long FIRST_BYTES = 1 << 12;
    // A cache line: entries of a column then lie in one each.
    private static final long ALIGNMENT = 64;

    private Arena arena = Arena.ofConfined();
    private MemorySegment memory = arena.allocate(FIRST_BYTES, ALIGNMENT);
    private long size;

    /** Bytes put so far. */
    public long size() {
        return size;
    }

    public void putByte(byte value) {
        room(Byte.BYTES);
        memory.set(ValueLayout.JAVA_BYTE, size, value);
        size += Byte.BYTES;
    }

    public void putInt(int value) {
        room(Integer.BYTES);
        memory.set(ValueLayout.JAVA_INT, size, value);
        size += Integer.BYTES;
    }

    public void putLong(long value) {
        room(Long.BYTES);
        memory.set(ValueLayout.JAVA_LONG, size, value);
        size += Long.BYTES;
    }

    public void putFloat(float value) {
        room(Float.BYTES);
        memory.set(ValueLayout.JAVA_FLOAT, size, value);
        size += Float.BYTES;
    }

    public void putDouble(double value) {
        room(Double.BYTES);
        memory.set(ValueLayout.JAVA_DOUBLE, size, value);
        size += Double.BYTES;
    }

    public void putBytes(byte[] value) {
        room(value.length);
        MemorySegment.copy(value, 0, memory, ValueLayout.JAVA_BYTE, size, value.length);
        size += value.length;
    }

    public void putZeros(long bytes) {
        room(bytes);
        memory.asSlice(size, bytes).fill((byte) 0);
        size += bytes;
    }

    /** Changes a byte that was put before. */
    public void set(long at, byte value) {
        memory.set(ValueLayout.JAVA_BYTE, at, value);
    }

    /** What was put, in memory of another arena. */
    public MemorySegment copy(Arena into) {
        MemorySegment copy = into.allocate(size, ALIGNMENT);
        MemorySegment.copy(memory, 0, copy, 0, size);
        return copy;
    }

    private void room(long bytes) {
        if (memory.byteSize() - size < bytes) {
            Arena larger = Arena.ofConfined();
            MemorySegment next = larger.allocate(Math.max(2 * memory.byteSize(), size + bytes), ALIGNMENT);
            MemorySegment.copy(memory, 0, next, 0, size);
            arena.close();
            arena = larger;
            memory = next;
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
