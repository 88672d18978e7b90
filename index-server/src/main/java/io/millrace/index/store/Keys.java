package io.millrace.index.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Keys of all column families, big-endian. */
public final class Keys {
    static final byte[] DESCRIPTOR = "descriptor".getBytes(StandardCharsets.UTF_8);
    static final byte[] COUNTERS = "counters".getBytes(StandardCharsets.UTF_8);
    static final byte[] MANIFEST = "manifest".getBytes(StandardCharsets.UTF_8);

    private Keys() {}

    /** Key of a version. */
    public static byte[] ordinal(long ordinal) {
        return ByteBuffer.allocate(Long.BYTES).putLong(ordinal).array();
    }

    /** The version of a key of 8 bytes. */
    public static long ordinal(byte[] key) {
        return ByteBuffer.wrap(key).getLong();
    }

    /** First key of a segment in the families of segments, {@link SegmentFiles#FAMILIES}; the next segment's is its end. */
    static byte[] segment(int segment) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(segment).array();
    }

    static int segment(byte[] key) {
        return ByteBuffer.wrap(key).getInt();
    }

    /** A chunk in {@link Column#IDS} or {@link Column#FILT}. */
    static byte[] chunk(int segment, int chunk) {
        return ByteBuffer.allocate(2 * Integer.BYTES)
                .putInt(segment)
                .putInt(chunk)
                .array();
    }

    static byte[] postings(int segment, int term, int chunk) {
        return ByteBuffer.allocate(3 * Integer.BYTES)
                .putInt(segment)
                .putInt(term)
                .putInt(chunk)
                .array();
    }

    /** Number of a chunk in {@link Column#IDS} or {@link Column#FILT}. */
    static int chunk(byte[] key) {
        return ByteBuffer.wrap(key).getInt(Integer.BYTES);
    }

    static int postingsTerm(byte[] key) {
        return ByteBuffer.wrap(key).getInt(Integer.BYTES);
    }

    /** Length u16 before the name: no client's keys are a prefix of another's. */
    static byte[] client(String clientId) {
        byte[] name = clientId.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Short.BYTES + name.length)
                .putShort((short) name.length)
                .put(name)
                .array();
    }

    static byte[] session(String clientId, long sequence) {
        byte[] client = client(clientId);
        return ByteBuffer.allocate(client.length + Long.BYTES)
                .put(client)
                .putLong(sequence)
                .array();
    }
}
