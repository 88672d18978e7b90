package io.millrace.vector;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Bytes of many vectors, as servers send them to each other and as they are stored.
 *
 * <p>Layout (little-endian): one format byte, {@value #FORMAT_FLOAT32}; then for each vector a varint count n, n varints
 * (the first id, then the difference to the previous id, at least 1), and n IEEE-754 floats. About a quarter of the
 * bytes of one message an entry. Checksums lie outside, beside the block.
 *
 * <p>Stateless and safe for any thread. Decoding trusts nothing: every count is checked against the bytes left before
 * anything is allocated.
 */
public final class VectorBlockCodec {
    /** Delta-varint ids and 32-bit float weights. */
    public static final byte FORMAT_FLOAT32 = 1;

    /** Most vectors in one block. */
    public static final int MAX_VECTORS = 65_536;

    private static final int MAX_VARINT_BYTES = 5;
    // At least one byte of id and four of weight: what an entry must occupy, so that a count bomb is caught early.
    private static final int MIN_ENTRY_BYTES = 5;

    private VectorBlockCodec() {}

    /** CRC-32C of a block, as carried beside it. */
    public static int crc32c(byte[] block) {
        CRC32C crc = new CRC32C();
        crc.update(block);
        return (int) crc.getValue();
    }

    /** Encodes vectors in order; the inverse of {@link #decode}. */
    public static byte[] encode(List<SparseVector> vectors) {
        long size = 1;
        for (SparseVector vector : vectors) {
            size += MAX_VARINT_BYTES + (long) vector.size() * (MAX_VARINT_BYTES + Float.BYTES);
        }
        if (vectors.size() > MAX_VECTORS || size > Integer.MAX_VALUE - 8) {
            throw new InvalidVectorException(
                    "a block of " + vectors.size() + " vectors, up to " + size + " bytes, is too large; split it");
        }
        ByteBuffer out = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        out.put(FORMAT_FLOAT32);
        for (SparseVector vector : vectors) {
            putVarint(out, vector.size());
            int previous = 0;
            for (int id : vector.ids()) {
                putVarint(out, id - previous);
                previous = id;
            }
            out.asFloatBuffer().put(vector.weights());
            out.position(out.position() + vector.size() * Float.BYTES);
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    /**
     * Checks the checksum and decodes.
     *
     * @param block the bytes
     * @param count number of vectors that the sender announced
     * @param crc32c checksum that the sender announced
     * @throws InvalidVectorException if the bytes were damaged on the way or break the format
     */
    public static List<SparseVector> decode(byte[] block, int count, int crc32c) {
        int actual = crc32c(block);
        if (actual != crc32c) {
            throw new InvalidVectorException("vector block of " + block.length + " bytes has CRC-32C "
                    + Integer.toHexString(actual) + ", expected " + Integer.toHexString(crc32c)
                    + "; it was damaged on the way: send it again");
        }
        return decode(block, count);
    }

    /**
     * Decodes a block whose bytes are already known to be whole.
     *
     * @throws InvalidVectorException if the bytes break the format or hold other than {@code count} vectors
     */
    public static List<SparseVector> decode(byte[] block, int count) {
        if (count < 0 || count > MAX_VECTORS) {
            throw new InvalidVectorException(
                    "block announces " + Integer.toUnsignedString(count) + " vectors; the limit is " + MAX_VECTORS);
        }
        ByteBuffer in = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
        List<SparseVector> vectors = new ArrayList<>(Math.min(count, block.length));
        try {
            byte format = in.get();
            if (format != FORMAT_FLOAT32) {
                throw new InvalidVectorException("block has format " + format + "; this server reads format "
                        + FORMAT_FLOAT32 + ": upgrade the older side");
            }
            for (int i = 0; i < count; i++) {
                vectors.add(decodeVector(in, i));
            }
        } catch (BufferUnderflowException e) {
            throw new InvalidVectorException("block of " + block.length + " bytes ends inside vector " + vectors.size()
                    + " of " + count + "; it was cut short");
        }
        if (in.hasRemaining()) {
            throw new InvalidVectorException(
                    "block has " + in.remaining() + " bytes after its " + count + " vectors; the count is wrong");
        }
        return vectors;
    }

    private static SparseVector decodeVector(ByteBuffer in, int index) {
        int size = getVarint(in);
        if (size < 0 || size > SparseVector.MAX_NON_ZEROS || size > in.remaining() / MIN_ENTRY_BYTES) {
            throw new InvalidVectorException("vector " + index + " announces " + Integer.toUnsignedString(size)
                    + " entries with " + in.remaining() + " bytes left; the limit is " + SparseVector.MAX_NON_ZEROS);
        }
        int[] ids = new int[size];
        long previous = 0;
        for (int i = 0; i < size; i++) {
            previous += Integer.toUnsignedLong(getVarint(in));
            if (previous > 0xFFFF_FFFFL) {
                throw new InvalidVectorException("vector " + index + " has a term id above 2^32 - 1 at entry " + i);
            }
            ids[i] = (int) previous;
        }
        float[] weights = new float[size];
        for (int i = 0; i < size; i++) {
            weights[i] = in.getFloat();
        }
        try {
            return new SparseVector(ids, weights);
        } catch (InvalidVectorException e) {
            throw new InvalidVectorException("vector " + index + ": " + e.getMessage());
        }
    }

    private static void putVarint(ByteBuffer out, int value) {
        int rest = value;
        while ((rest & ~0x7F) != 0) {
            out.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    private static int getVarint(ByteBuffer in) {
        int value = 0;
        for (int i = 0; i < MAX_VARINT_BYTES; i++) {
            byte next = in.get();
            value |= (next & 0x7F) << (7 * i);
            if (next >= 0) {
                if (i == MAX_VARINT_BYTES - 1 && next > 0x0F) {
                    break;
                }
                return value;
            }
        }
        throw new InvalidVectorException("a number in the block is longer than 32 bits");
    }
}
