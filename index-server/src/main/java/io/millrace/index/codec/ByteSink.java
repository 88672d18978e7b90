package io.millrace.index.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Growing little-endian payload of one value. */
public final class ByteSink {
    private ByteBuffer bytes = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);

    public ByteSink putByte(int value) {
        room(Byte.BYTES).put((byte) value);
        return this;
    }

    public ByteSink putInt(int value) {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    public ByteSink putLong(long value) {
        room(Long.BYTES).putLong(value);
        return this;
    }

    public ByteSink putFloat(float value) {
        room(Float.BYTES).putFloat(value);
        return this;
    }

    /** Seven bits a byte, lowest first; the top bit says that more follow. */
    public ByteSink putVarint(long value) {
        ByteBuffer out = room(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
        return this;
    }

    public ByteSink putBytes(byte[] value) {
        putVarint(value.length);
        room(value.length).put(value);
        return this;
    }

    public ByteSink putString(String value) {
        return putBytes(value.getBytes(StandardCharsets.UTF_8));
    }

    public int size() {
        return bytes.position();
    }

    /** The value with its frame. */
    public byte[] toValue() {
        return StoredValue.wrap(bytes.array(), bytes.position());
    }

    private ByteBuffer room(int length) {
        if (bytes.remaining() < length) {
            int position = bytes.position();
            int capacity = Math.max(bytes.capacity() * 2, position + length);
            bytes = ByteBuffer.wrap(Arrays.copyOf(bytes.array(), capacity)).order(ByteOrder.LITTLE_ENDIAN);
            bytes.position(position);
        }
        return bytes;
    }
}
