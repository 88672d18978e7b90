package io.millrace.deploy.bench.search;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A matrix of numbers in numpy's format {@code .npy} (versions 1.0 and 2.0): little-endian, row after row.
 *
 * @param type of the numbers
 * @param rows first dimension
 * @param columns second dimension
 * @param values the numbers as they are in the file [rows × columns]
 */
record NpyArray(Type type, int rows, int columns, ByteBuffer values) {
    /** What is read; numpy's name is the {@code descr} of the header. */
    enum Type {
        INT32("<i4", Integer.BYTES),
        FLOAT32("<f4", Float.BYTES),
        FLOAT64("<f8", Double.BYTES);

        private final String numpyName;
        private final int bytes;

        Type(String numpyName, int bytes) {
            this.numpyName = numpyName;
            this.bytes = bytes;
        }

        int bytes() {
            return bytes;
        }

        @Override
        public String toString() {
            return numpyName;
        }
    }

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    // numpy aligns the values to 64 bytes.
    private static final int ALIGNMENT = 64;
    // A header of ours has some 80 bytes; numpy itself refuses more than 10,000.
    private static final int MAX_HEADER_BYTES = 10_000;
    private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([^)]*)\\)");
    private static final Pattern TWO_DIMENSIONS = Pattern.compile("\\s*(\\d{1,9})\\s*,\\s*(\\d{1,9})\\s*,?\\s*");

    /**
     * Reads one array, to the end of the stream.
     *
     * @throws IOException if it is cut short, or is not such a matrix; the message has no file name
     */
    static NpyArray read(InputStream in) throws IOException {
        byte[] start = exactly(in, MAGIC.length + 2);
        if (!Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new IOException("is not in numpy's format");
        }
        int version = start[MAGIC.length];
        if (version != 1 && version != 2) {
            throw new IOException("has version " + version + " of numpy's format, but only 1 and 2 are read");
        }
        long headerBytes = version == 1
                ? little(exactly(in, Short.BYTES)).getShort() & 0xFFFF
                : Integer.toUnsignedLong(little(exactly(in, Integer.BYTES)).getInt());
        if (headerBytes > MAX_HEADER_BYTES) {
            throw new IOException("has a header of " + headerBytes + " bytes; the limit is " + MAX_HEADER_BYTES);
        }
        String header = new String(exactly(in, (int) headerBytes), StandardCharsets.ISO_8859_1);
        Type type = type(header);
        if (!field(ORDER, header).equals("False")) {
            throw new IOException("is in column order, but only row order is read");
        }
        Matcher shape = TWO_DIMENSIONS.matcher(field(SHAPE, header));
        if (!shape.matches()) {
            throw new IOException("has shape (" + field(SHAPE, header) + "), but a matrix has two dimensions");
        }
        int rows = Integer.parseInt(shape.group(1));
        int columns = Integer.parseInt(shape.group(2));
        long bytes = (long) rows * columns * type.bytes();
        if (bytes > Integer.MAX_VALUE - 8) {
            throw new IOException("has " + bytes + " bytes; the limit is " + (Integer.MAX_VALUE - 8));
        }
        ByteBuffer values = little(exactly(in, (int) bytes));
        if (in.read() >= 0) {
            throw new IOException("goes on after its " + bytes + " bytes of numbers");
        }
        return new NpyArray(type, rows, columns, values);
    }

    /** The array as a file, version 1.0. */
    byte[] toBytes() {
        String dictionary =
                "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + rows + ", " + columns + "), }";
        int used = MAGIC.length + 2 + Short.BYTES + dictionary.length() + 1;
        int padding = Math.floorMod(-used, ALIGNMENT);
        ByteBuffer file =
                ByteBuffer.allocate(used + padding + values.capacity()).order(ByteOrder.LITTLE_ENDIAN);
        file.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (dictionary.length() + padding + 1));
        file.put((dictionary + " ".repeat(padding) + "\n").getBytes(StandardCharsets.ISO_8859_1));
        file.put(file.position(), values, 0, values.capacity());
        return file.array();
    }

    private static Type type(String header) throws IOException {
        String name = field(DESCR, header);
        Optional<Type> known = Stream.of(Type.values())
                .filter(type -> type.numpyName.equals(name))
                .findFirst();
        return known.orElseThrow(() -> new IOException(
                "holds numbers of type " + name + ", but only " + Arrays.toString(Type.values()) + " are read"));
    }

    private static String field(Pattern pattern, String header) throws IOException {
        Matcher matcher = pattern.matcher(header);
        if (!matcher.find()) {
            throw new IOException(
                    "has a header without " + pattern.pattern().split("'", -1)[1] + ": " + header.strip());
        }
        return matcher.group(1);
    }

    private static byte[] exactly(InputStream in, int bytes) throws IOException {
        // Grows as bytes come: a size that a header only claims is not allocated.
        byte[] read = in.readNBytes(bytes);
        if (read.length < bytes) {
            throw new IOException("is cut short: " + read.length + " bytes where " + bytes + " belong");
        }
        return read;
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
