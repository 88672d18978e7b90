package io.millrace.index.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A column outside the heap whose length is not known beforehand. It grows by pieces, each twice as long as the one before up to
 * {@value #LARGEST_BYTES} bytes, so that nothing is copied before the end and little is allocated that is not used. For one thread.
 */
public final class GrowingMemory implements AutoCloseable {
    // Both hold whole numbers of every type.
    private static final long FIRST_BYTES = 1 << 12;
    private static final long LARGEST_BYTES = 1 << 22;
    // A cache line: entries of a column then lie in one each.
    private static final long ALIGNMENT = 64;

    private record Piece(Arena arena, MemorySegment memory) {}

    // All full but for the last.
    private final Deque<Piece> pieces = new ArrayDeque<>();
    // Addresses of the next byte and of the end of the last piece.
    private long next;
    private long end;
    private long fullBytes;

    /** Bytes put so far. */
    public long size() {
        Piece last = pieces.peekLast();
        return last == null ? 0 : fullBytes + next - last.memory().address();
    }

    public void putByte(byte value) {
        room();
        NativeMemory.putByte(next, value);
        next += Byte.BYTES;
    }

    public void putInt(int value) {
        room();
        NativeMemory.putInt(next, value);
        next += Integer.BYTES;
    }

    public void putLong(long value) {
        room();
        NativeMemory.putLong(next, value);
        next += Long.BYTES;
    }

    public void putFloat(float value) {
        putInt(Float.floatToRawIntBits(value));
    }

    public void putDouble(double value) {
        putLong(Double.doubleToRawLongBits(value));
    }

    /** Puts the first ints of an array. */
    public void putInts(int[] values, int count) {
        if (end - next >= (long) count * Integer.BYTES) {
            NativeMemory.writeInts(next, values, count);
            next += (long) count * Integer.BYTES;
            return;
        }
        for (int i = 0; i < count; i++) {
            putInt(values[i]);
        }
    }

    public void putBytes(byte[] values) {
        int from = 0;
        while (from < values.length) {
            room();
            int part = (int) Math.min(values.length - from, end - next);
            MemorySegment.copy(values, from, NativeMemory.ALL, ValueLayout.JAVA_BYTE, next, part);
            next += part;
            from += part;
        }
    }

    /** All that was put, in memory of another arena; this column is empty then. */
    public MemorySegment moveTo(Arena into) {
        MemorySegment whole = into.allocate(size(), ALIGNMENT);
        long left = whole.byteSize();
        long at = 0;
        for (Piece piece = pieces.poll(); piece != null; piece = pieces.poll()) {
            long part = Math.min(left, piece.memory().byteSize());
            MemorySegment.copy(piece.memory(), 0, whole, at, part);
            // Each is freed at once, so that a column never takes its size twice.
            piece.arena().close();
            at += part;
            left -= part;
        }
        next = 0;
        end = 0;
        fullBytes = 0;
        return whole;
    }

    /** Makes room for one number: a piece holds whole numbers, as all of a column are of one type. */
    private void room() {
        if (next == end) {
            Piece last = pieces.peekLast();
            fullBytes += last == null ? 0 : last.memory().byteSize();
            long bytes = last == null
                    ? FIRST_BYTES
                    : Math.min(LARGEST_BYTES, 2 * last.memory().byteSize());
            Arena arena = Arena.ofConfined();
            MemorySegment memory = arena.allocate(bytes, ALIGNMENT);
            pieces.add(new Piece(arena, memory));
            next = memory.address();
            end = next + bytes;
        }
    }

    @Override
    public void close() {
        pieces.forEach(piece -> piece.arena().close());
        pieces.clear();
        next = 0;
        end = 0;
    }
}
