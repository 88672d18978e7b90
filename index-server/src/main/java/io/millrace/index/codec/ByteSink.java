package io.millrace.index.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Growing little-endian payload of one value. */
public final class ByteSink {
    private static final int MAX_VARINT_BYTES = 10;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes;
    private MemorySegment memory;
    private int size;

    public ByteSink() {
        this(256);
    }

    /** @param expectedBytes what it will hold about, so that it need not grow */
    public ByteSink(int expectedBytes) {
        bytes = new byte[expectedBytes];
        memory = MemorySegment.ofArray(bytes);
    }

    public ByteSink putByte(int value) {
        room(Byte.BYTES);
        bytes[size++] = (byte) value;
        return this;
    }

    public ByteSink putInt(int value) {
        room(Integer.BYTES);
        memory.set(INT, size, value);
        size += Integer.BYTES;
        return this;
    }

    public ByteSink putLong(long value) {
        room(Long.BYTES);
        memory.set(LONG, size, value);
        size += Long.BYTES;
        return this;
    }

    public ByteSink putFloat(float value) {
        return putInt(Float.floatToRawIntBits(value));
    }

    /** Seven bits a byte, lowest first; the top bit says that more follow. */
    public ByteSink putVarint(long value) {
        room(MAX_VARINT_BYTES);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
        return this;
    }

    /** Ascending numbers as the differences between them, the first from 0, each a varint. */
    public ByteSink putAscending(int[] numbers, int from, int to) {
        int previous = 0;
        for (int i = from; i < to; i++) {
            putVarint(numbers[i] - previous);
            previous = numbers[i];
        }
        return this;
    }

    public ByteSink putBytes(byte[] value) {
        putVarint(value.length);
        room(value.length);
        System.arraycopy(value, 0, bytes, size, value.length);
        size += value.length;
        return this;
    }

    /** Part of some memory, without its length. */
    public ByteSink putMemory(MemorySegment from, long offset, int length) {
        room(length);
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset, bytes, size, length);
        size += length;
        return this;
    }

    public ByteSink putString(String value) {
        return putBytes(value.getBytes(StandardCharsets.UTF_8));
    }

    public int size() {
        return size;
    }

    /** The value with its frame. */
    public byte[] toValue() {
        return StoredValue.wrap(bytes, size);
    }

    private void room(int length) {
        if (bytes.length - size < length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + length));
            memory = MemorySegment.ofArray(bytes);
        }
    }
}
