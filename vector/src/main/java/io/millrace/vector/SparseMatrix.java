package io.millrace.vector;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Sparse vectors as the rows of one matrix, and the file in which collections of them are exchanged: compressed sparse rows
 * as in the sparse track of the BigANN benchmarks (NeurIPS 2023). All numbers are little-endian: rows, columns and
 * non-zeros as 64-bit integers, then rows + 1 offsets of 64 bits, column indices of 32 bits and weights of 32 bits.
 *
 * @param columns number of terms V; every term id lies below
 * @param offsets where each row begins in the other arrays, and where the last one ends
 * @param terms term ids, ascending within a row
 * @param weights their weights
 */
public record SparseMatrix(int columns, int[] offsets, int[] terms, float[] weights) {
    private static final int HEADER_BYTES = 3 * Long.BYTES;
    private static final int CHUNK_BYTES = 1 << 20;

    /** The rows of a matrix. */
    public static SparseMatrix of(List<SparseVector> rows, int columns) {
        return of(rows, columns, SparseVector::ids, SparseVector::weights);
    }

    /**
     * The rows of a matrix, in whatever form they are.
     *
     * @param columns number of terms
     * @param ids a row's term ids, ascending
     * @param values their weights
     */
    public static <T> SparseMatrix of(List<T> rows, int columns, Function<T, int[]> ids, Function<T, float[]> values) {
        int[] offsets = new int[rows.size() + 1];
        for (int i = 0; i < rows.size(); i++) {
            offsets[i + 1] = Math.addExact(offsets[i], ids.apply(rows.get(i)).length);
        }
        int[] terms = new int[offsets[rows.size()]];
        float[] weights = new float[terms.length];
        for (int i = 0; i < rows.size(); i++) {
            int size = offsets[i + 1] - offsets[i];
            System.arraycopy(ids.apply(rows.get(i)), 0, terms, offsets[i], size);
            System.arraycopy(values.apply(rows.get(i)), 0, weights, offsets[i], size);
        }
        return new SparseMatrix(columns, offsets, terms, weights);
    }

    /**
     * The rows of several matrices of the same terms, one below the other.
     *
     * @param columns number of terms
     */
    public static SparseMatrix stacked(List<SparseMatrix> parts, int columns) {
        int rows = 0;
        int nonZeros = 0;
        for (SparseMatrix part : parts) {
            if (part.columns != columns) {
                throw new IllegalArgumentException(
                        "a part has " + part.columns + " columns, but the whole is to have " + columns);
            }
            rows = Math.addExact(rows, part.rows());
            nonZeros = Math.addExact(nonZeros, part.offsets[part.rows()]);
        }
        SparseMatrix whole = new SparseMatrix(columns, new int[rows + 1], new int[nonZeros], new float[nonZeros]);
        int row = 0;
        int at = 0;
        for (SparseMatrix part : parts) {
            int own = part.offsets[part.rows()];
            for (int i = 0; i < part.rows(); i++) {
                whole.offsets[++row] = at + part.offsets[i + 1];
            }
            System.arraycopy(part.terms, 0, whole.terms, at, own);
            System.arraycopy(part.weights, 0, whole.weights, at, own);
            at += own;
        }
        return whole;
    }

    /** Number of vectors. */
    public int rows() {
        return offsets.length - 1;
    }

    /** A copy of one row. */
    public SparseVector row(int index) {
        return new SparseVector(
                Arrays.copyOfRange(terms, offsets[index], offsets[index + 1]),
                Arrays.copyOfRange(weights, offsets[index], offsets[index + 1]));
    }

    /**
     * Reads a file.
     *
     * @throws IOException if it cannot be read, is cut short or holds more non-zeros than an array
     */
    public static SparseMatrix read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer header = fill(channel, ByteBuffer.allocate(HEADER_BYTES), 0, file);
            long rows = header.getLong();
            long columns = header.getLong();
            long nonZeros = header.getLong();
            if (rows < 0 || nonZeros < 0 || columns < 0 || columns > Integer.MAX_VALUE) {
                throw new IOException(file + " is no matrix of sparse rows: its header says " + rows + " rows, "
                        + columns + " columns and " + nonZeros + " non-zeros");
            }
            long bytes = HEADER_BYTES + (rows + 1) * Long.BYTES + nonZeros * (Integer.BYTES + Float.BYTES);
            if (rows >= Integer.MAX_VALUE - 8 || nonZeros > Integer.MAX_VALUE - 8 || channel.size() != bytes) {
                throw new IOException(file + " has " + channel.size() + " bytes, but " + rows + " rows with " + nonZeros
                        + " non-zeros take " + bytes + "; fetch or write it again");
            }
            int[] offsets = new int[(int) rows + 1];
            int[] terms = new int[(int) nonZeros];
            float[] weights = new float[(int) nonZeros];
            long at = readChunks(channel, HEADER_BYTES, file, offsets.length, Long.BYTES, (chunk, i) -> {
                long offset = chunk.getLong();
                if (offset < (i == 0 ? 0 : offsets[i - 1]) || offset > nonZeros) {
                    throw new IOException(file + " has a wrong offset at row " + i + ": " + offset);
                }
                offsets[i] = (int) offset;
            });
            at = readChunks(channel, at, file, terms.length, Integer.BYTES, (chunk, i) -> terms[i] = chunk.getInt());
            readChunks(channel, at, file, weights.length, Float.BYTES, (chunk, i) -> weights[i] = chunk.getFloat());
            return new SparseMatrix((int) columns, offsets, terms, weights);
        }
    }

    /** Writes a file, in place of what was there. */
    public void write(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            drain(channel, header.putLong(rows()).putLong(columns).putLong(terms.length));
            writeChunks(channel, offsets.length, Long.BYTES, (chunk, i) -> chunk.putLong(offsets[i]));
            writeChunks(channel, terms.length, Integer.BYTES, (chunk, i) -> chunk.putInt(terms[i]));
            writeChunks(channel, weights.length, Float.BYTES, (chunk, i) -> chunk.putFloat(weights[i]));
        }
    }

    private interface Element {
        void at(ByteBuffer chunk, int index) throws IOException;
    }

    private static long readChunks(FileChannel channel, long from, Path file, int count, int size, Element element)
            throws IOException {
        int most = CHUNK_BYTES / size;
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        long position = from;
        for (int done = 0; done < count; ) {
            int some = Math.min(most, count - done);
            chunk.clear().limit(some * size);
            fill(channel, chunk, position, file);
            for (int i = 0; i < some; i++) {
                element.at(chunk, done + i);
            }
            done += some;
            position += (long) some * size;
        }
        return position;
    }

    private static ByteBuffer fill(FileChannel channel, ByteBuffer buffer, long from, Path file) throws IOException {
        long position = from;
        while (buffer.hasRemaining()) {
            int read = channel.read(buffer, position);
            if (read < 0) {
                throw new IOException(file + " ends after " + position + " bytes; fetch or write it again");
            }
            position += read;
        }
        return buffer.flip().order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void writeChunks(FileChannel channel, int count, int size, Element element) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            element.at(chunk, i);
            if (chunk.remaining() < size) {
                drain(channel, chunk);
                chunk.clear();
            }
        }
        drain(channel, chunk);
    }

    private static void drain(FileChannel channel, ByteBuffer buffer) throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
