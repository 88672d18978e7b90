package io.millrace.index.codec;

import io.millrace.index.record.StoreException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Payload of one value, read front to back; running over its end is reported as damage, not as a stray exception. */
public final class ByteSource {
    private final String what;
    private final ByteBuffer bytes;

    /**
     * Checks the frame of a value.
     *
     * @param what names the value in errors
     */
    public ByteSource(String what, byte[] value) {
        this.what = what;
        this.bytes = StoredValue.unwrap(what, value);
    }

    public int getByte() {
        require(Byte.BYTES);
        return bytes.get() & 0xFF;
    }

    public int getInt() {
        require(Integer.BYTES);
        return bytes.getInt();
    }

    public long getLong() {
        require(Long.BYTES);
        return bytes.getLong();
    }

    public float getFloat() {
        require(Float.BYTES);
        return bytes.getFloat();
    }

    public long getVarint() {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int next = getByte();
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw StoreException.corrupt(what, "a number in it is longer than 64 bits");
    }

    /** A varint that counts things of at least {@code bytesEach} bytes still to come. */
    public int getCount(int bytesEach) {
        long count = getVarint();
        if (count < 0 || count > bytes.remaining() / bytesEach) {
            throw StoreException.corrupt(
                    what, "it announces " + count + " entries with " + bytes.remaining() + " bytes left");
        }
        return (int) count;
    }

    public byte[] getBytes() {
        byte[] value = new byte[getCount(Byte.BYTES)];
        bytes.get(value);
        return value;
    }

    public String getString() {
        return new String(getBytes(), StandardCharsets.UTF_8);
    }

    /** Everything that is left, without copying. */
    public ByteBuffer rest() {
        return bytes;
    }

    public void requireEnd() {
        if (bytes.hasRemaining()) {
            throw StoreException.corrupt(what, "it has " + bytes.remaining() + " bytes too many");
        }
    }

    public String what() {
        return what;
    }

    private void require(int length) {
        if (bytes.remaining() < length) {
            throw StoreException.corrupt(what, "it ends early");
        }
    }
}
