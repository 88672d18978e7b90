package io.millrace.index.codec;

import io.millrace.index.record.StoreException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Every value's wrapping: a format byte, the payload, and the CRC-32C of both (little-endian). RocksDB checks its
 * blocks too; this one covers the way from our memory into them and back.
 */
public final class StoredValue {
    /** The one format of every kind of value so far. */
    static final byte FORMAT = 1;

    private static final int OVERHEAD = Byte.BYTES + Integer.BYTES;

    private StoredValue() {}

    public static byte[] wrap(byte[] payload) {
        return wrap(payload, payload.length);
    }

    /** Wraps the first bytes of an array. */
    public static byte[] wrap(byte[] payload, int length) {
        byte[] value = new byte[length + OVERHEAD];
        value[0] = FORMAT;
        System.arraycopy(payload, 0, value, 1, length);
        ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).putInt(length + 1, checksum(value));
        return value;
    }

    /**
     * The payload, little-endian.
     *
     * @param what names the value in errors
     * @throws StoreException if the value is damaged or of another format
     */
    public static ByteBuffer unwrap(String what, byte[] value) {
        if (value.length < OVERHEAD) {
            throw StoreException.corrupt(what, "it has " + value.length + " bytes, fewer than its frame");
        }
        int expected = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getInt(value.length - Integer.BYTES);
        int actual = checksum(value);
        if (actual != expected) {
            throw StoreException.corrupt(
                    what,
                    "its CRC-32C is " + Integer.toHexString(actual) + ", recorded " + Integer.toHexString(expected));
        }
        if (value[0] != FORMAT) {
            throw new StoreException(
                    StoreException.Kind.UNSUPPORTED,
                    what + " has format " + value[0] + "; this version reads format " + FORMAT
                            + ": open the data with the version that wrote it");
        }
        return ByteBuffer.wrap(value, 1, value.length - OVERHEAD).slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int checksum(byte[] value) {
        CRC32C crc = new CRC32C();
        crc.update(value, 0, value.length - Integer.BYTES);
        return (int) crc.getValue();
    }
}
