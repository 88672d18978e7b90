package io.millrace.model.lexical;

import io.millrace.model.InvalidModelException;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Terms of a corpus with the number of documents that have each, by ascending id. Immutable.
 *
 * <p>As a file: {@code MRTT}, format 1 and the number of ids, 4 bytes each, big-endian; then for each id its distance from
 * the one before (the first from 0), its document frequency, the bytes of its spelling, all as varints of 7 bits a byte,
 * the lowest first, and the spelling in UTF-8. Terms that share an id are spelt one after the other, with white space
 * between, which no term has in it.
 */
final class TermTable {
    private static final int MAGIC = 0x4d525454;
    private static final int FORMAT = 1;
    private static final int HEADER_BYTES = 12;
    /** Three varints of one byte: no file of n bytes can have more ids than n / 3. */
    private static final int LEAST_ENTRY_BYTES = 3;

    private final int[] ids;
    private final int[] frequencies;
    /** Where spelling i begins; one more for the end. */
    private final int[] starts;

    private final byte[] spellings;

    private TermTable(int[] ids, int[] frequencies, int[] starts, byte[] spellings) {
        this.ids = ids;
        this.frequencies = frequencies;
        this.starts = starts;
        this.spellings = spellings;
    }

    /**
     * A row.
     *
     * @param id from 0
     * @param frequency number of documents, at least 1
     * @param spelling of the term, or of those that share the id
     */
    record Row(int id, int frequency, String spelling) {}

    /** Writes rows of strictly ascending ids. */
    static void write(Path file, List<Row> rows) throws IOException {
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            out.writeInt(MAGIC);
            out.writeInt(FORMAT);
            out.writeInt(rows.size());
            int previous = 0;
            for (Row row : rows) {
                byte[] spelling = row.spelling().getBytes(StandardCharsets.UTF_8);
                varint(out, row.id() - previous);
                varint(out, row.frequency());
                varint(out, spelling.length);
                out.write(spelling);
                previous = row.id();
            }
        }
    }

    private static void varint(DataOutputStream out, int value) throws IOException {
        int rest = value;
        while (rest > 0x7f) {
            out.writeByte((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }

    /**
     * Reads a table.
     *
     * @param file for messages
     * @param bytes of the whole file
     * @param documents of the corpus, which no frequency exceeds
     * @throws InvalidModelException if it is no table, cut off, too long, or its ids do not ascend
     */
    static TermTable read(Path file, byte[] bytes, long documents) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (bytes.length < HEADER_BYTES || in.getInt() != MAGIC || in.getInt() != FORMAT) {
            throw damaged(file, "does not begin as a table of terms of format " + FORMAT);
        }
        int count = in.getInt();
        if (count < 0 || count > in.remaining() / LEAST_ENTRY_BYTES) {
            throw damaged(file, "announces " + count + " terms, for which it is too short");
        }
        int[] ids = new int[count];
        int[] frequencies = new int[count];
        int[] starts = new int[count + 1];
        byte[] spellings = new byte[in.remaining()];
        int previous = 0;
        try {
            for (int i = 0; i < count; i++) {
                long id = (long) previous + varint(in);
                frequencies[i] = varint(in);
                int length = varint(in);
                if (id >= TermIds.COUNT
                        || (i > 0 && id == previous)
                        || frequencies[i] < 1
                        || frequencies[i] > documents) {
                    throw damaged(
                            file,
                            "has id " + id + " with frequency " + frequencies[i] + " at row " + i
                                    + ", but ids ascend below " + TermIds.COUNT + " and frequencies are from 1 to "
                                    + documents);
                }
                if (length > in.remaining()) {
                    throw damaged(file, "ends within row " + i);
                }
                in.get(spellings, starts[i], length);
                starts[i + 1] = starts[i] + length;
                ids[i] = (int) id;
                previous = ids[i];
            }
        } catch (BufferUnderflowException | ArithmeticException e) {
            throw damaged(file, "ends within a row, or holds a number above 2^31 - 1");
        }
        if (in.hasRemaining()) {
            throw damaged(file, "has " + in.remaining() + " bytes behind its last row");
        }
        return new TermTable(ids, frequencies, starts, Arrays.copyOf(spellings, starts[count]));
    }

    private static int varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int part = in.get();
            value |= (long) (part & 0x7f) << shift;
            if (part >= 0) {
                return Math.toIntExact(value);
            }
        }
        throw new ArithmeticException("a varint of more than five bytes");
    }

    private static InvalidModelException damaged(Path file, String what) {
        return new InvalidModelException(file + " " + what + "; make the folder again");
    }

    /** Number of ids. */
    int size() {
        return ids.length;
    }

    /** Number of documents that have a term; 0 if the corpus has none. */
    int frequency(int id) {
        int row = Arrays.binarySearch(ids, id);
        return row < 0 ? 0 : frequencies[row];
    }

    /** A term; its id after a number sign if the corpus did not have it. */
    String spelling(int id) {
        int row = Arrays.binarySearch(ids, id);
        return row < 0
                ? "#" + id
                : new String(spellings, starts[row], starts[row + 1] - starts[row], StandardCharsets.UTF_8);
    }
}
