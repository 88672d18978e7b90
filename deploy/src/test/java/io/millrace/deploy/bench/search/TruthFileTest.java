package io.millrace.deploy.bench.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.vector.SparseVector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two queries over three documents, whose scores are 4, 2, 0 and 3, 1, 0. */
class TruthFileTest {
    private static final String IDS = "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }";
    private static final String SCORES = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
    private static final byte[] ID_VALUES = ints(1, 0, 2, 2, 0, 1);
    private static final byte[] SCORE_VALUES = doubles(4, 2, 0, 3, 1, 0);

    @TempDir
    private Path folder;

    private SearchCollection collection;
    private TruthFile file;

    @BeforeEach
    void writeVectors() throws IOException {
        List<SparseVector> documents = List.of(
                new SparseVector(new int[] {3, 8}, new float[] {1, .5f}),
                new SparseVector(new int[] {3}, new float[] {2}),
                new SparseVector(new int[] {8}, new float[] {1.5f}));
        List<SparseVector> queries = List.of(
                new SparseVector(new int[] {3}, new float[] {2}), new SparseVector(new int[] {8}, new float[] {2}));
        collection = SmallCollection.write(folder, documents, queries);
        file = TruthFile.in(folder);
    }

    @Test
    void readsWhatNumpyWrites() throws IOException {
        String scores = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        byte[] floats = floats(4, 2, 0, 3, 1, 0);
        for (boolean deflated : new boolean[] {false, true}) {
            for (int version = 1; version <= 2; version++) {
                zip(deflated, npy(version, IDS, ID_VALUES), npy(version, SCORES, SCORE_VALUES));
                requireTruth(file.read(collection, 2));
                zip(deflated, npy(version, IDS, ID_VALUES), npy(version, scores, floats));
                requireTruth(file.read(collection, 3));
            }
        }
    }

    @Test
    void writesWhatNumpyWrites() throws IOException {
        GroundTruth truth = new GroundTruth(3, new int[] {1, 0, 2, 2, 0, 1}, new double[] {4, 2, 0, 3, 1, 0});
        file.write(truth);
        try (ZipFile zip = new ZipFile(file.path().toFile())) {
            assertThat(zip.getInputStream(zip.getEntry("ids.npy")).readAllBytes())
                    .isEqualTo(npy(1, IDS, ID_VALUES));
            assertThat(zip.getInputStream(zip.getEntry("scores.npy")).readAllBytes())
                    .isEqualTo(npy(1, SCORES, SCORE_VALUES));
        }
        requireTruth(file.read(collection, 3));
        try (var files = Files.list(folder)) {
            assertThat(files.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("docs.csr", "queries.csr", "gt.npz");
        }
    }

    @Test
    void refusesAFileThatIsCutShortAnywhere() throws IOException {
        zip(false, npy(1, IDS, ID_VALUES), npy(1, SCORES, SCORE_VALUES));
        byte[] whole = Files.readAllBytes(file.path());
        for (int length = 0; length < whole.length; length++) {
            Files.write(file.path(), Arrays.copyOf(whole, length));
            refused("");
        }
    }

    @Test
    void refusesArraysOfAnotherForm() throws IOException {
        Map<String, byte[]> wrong = new LinkedHashMap<>();
        wrong.put("not in numpy's format", "no numbers at all".getBytes(StandardCharsets.US_ASCII));
        wrong.put("cut short: 0 bytes", new byte[0]);
        wrong.put("version 3", npy(3, IDS, ID_VALUES));
        wrong.put("type <i8", npy(1, IDS.replace("<i4", "<i8"), ID_VALUES));
        wrong.put("type >i4", npy(1, IDS.replace("<i4", ">i4"), ID_VALUES));
        wrong.put("ids of type <f4", npy(1, IDS.replace("<i4", "<f4"), ID_VALUES));
        wrong.put("without descr", npy(1, IDS.replace("'<i4'", "[('a', 'b')]"), ID_VALUES));
        wrong.put("column order", npy(1, IDS.replace("False", "True"), ID_VALUES));
        wrong.put("two dimensions", npy(1, IDS.replace("(2, 3)", "(6,)"), ID_VALUES));
        wrong.put("two dimensions", npy(1, IDS.replace("(2, 3)", "(-2, -3)"), ID_VALUES));
        wrong.put(
                "ids of shape (3, 2), but scores of shape (2, 3)", npy(1, IDS.replace("(2, 3)", "(3, 2)"), ID_VALUES));
        wrong.put("24 bytes where 32 belong", npy(1, IDS.replace("(2, 3)", "(2, 4)"), ID_VALUES));
        wrong.put("the limit is", npy(1, IDS.replace("(2, 3)", "(999999999, 999999999)"), ID_VALUES));
        wrong.put("24 bytes where 1600000000 belong", npy(1, IDS.replace("(2, 3)", "(2, 200000000)"), ID_VALUES));
        wrong.put("header of 20", npy(1, IDS + " ".repeat(20_000), ID_VALUES));
        wrong.put("goes on after its 24 bytes", npy(1, IDS, Arrays.copyOf(ID_VALUES, 25)));
        wrong.put("names document 3 for query 1", npy(1, IDS, ints(1, 0, 2, 2, 0, 3)));
        wrong.put("names document -1 for query 0", npy(1, IDS, ints(-1, 0, 2, 2, 0, 1)));
        wrong.put("about other vectors: query 0 and document 0", npy(1, IDS, ints(0, 1, 2, 2, 0, 1)));
        for (Map.Entry<String, byte[]> ids : wrong.entrySet()) {
            zip(true, ids.getValue(), npy(1, SCORES, SCORE_VALUES));
            refused(ids.getKey());
        }
    }

    @Test
    void refusesScoresThatAreNone() throws IOException {
        for (double first : new double[] {Double.NaN, Double.POSITIVE_INFINITY, 1, -4}) {
            zip(false, npy(1, IDS, ID_VALUES), npy(1, SCORES, doubles(first, 2, 0, 3, 1, 0)));
            refused("for query 0, but scores are 0 or more and never rise");
        }
    }

    @Test
    void refusesTheTruthOfSomethingElse() throws IOException {
        Files.write(file.path(), new byte[] {'P', 'K', 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        refused("no array 'ids'");
        String three = "(3, 1)";
        zip(
                false,
                npy(1, IDS.replace("(2, 3)", three), ints(1, 2, 0)),
                npy(1, SCORES.replace("(2, 3)", three), doubles(4, 3, 1)));
        refused("about 3 queries, but queries.csr has 2");
        String shallow = "(2, 1)";
        zip(
                false,
                npy(1, IDS.replace("(2, 3)", shallow), ints(1, 2)),
                npy(1, SCORES.replace("(2, 3)", shallow), doubles(4, 3)));
        refused("has the best 1 of 3 documents, but k is 2");
    }

    private void refused(String why) {
        assertThatThrownBy(() -> file.read(collection, 2))
                .as(why)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(why)
                .hasMessageContaining(file.path().toString())
                .hasMessageEndingWith("remove it, and the exact scores are computed here");
    }

    private static void requireTruth(GroundTruth truth) {
        assertThat(truth.depth()).isEqualTo(3);
        assertThat(truth.documents()).containsExactly(1, 0, 2, 2, 0, 1);
        assertThat(truth.scores()).containsExactly(4, 2, 0, 3, 1, 0);
    }

    private void zip(boolean deflated, byte[] ids, byte[] scores) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file.path()))) {
            entry(zip, deflated, "ids.npy", ids);
            entry(zip, deflated, "scores.npy", scores);
        }
    }

    private static void entry(ZipOutputStream zip, boolean deflated, String name, byte[] bytes) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        if (!deflated) {
            CRC32 sum = new CRC32();
            sum.update(bytes);
            entry.setMethod(ZipEntry.STORED);
            entry.setSize(bytes.length);
            entry.setCrc(sum.getValue());
        }
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }

    /** Magic, version, length of the header, the header padded to 64 bytes and ended by a line feed, values. */
    private static byte[] npy(int version, String header, byte[] values) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        int fixed = version == 1 ? 10 : 12;
        int padded = (fixed + header.length() + 1 + 63) / 64 * 64 - fixed;
        file.write(padded & 0xFF);
        file.write(padded >> 8);
        if (version > 1) {
            file.writeBytes(new byte[2]);
        }
        file.writeBytes(header.getBytes(StandardCharsets.ISO_8859_1));
        file.writeBytes(" ".repeat(padded - header.length() - 1).getBytes(StandardCharsets.ISO_8859_1));
        file.write('\n');
        file.writeBytes(values);
        return file.toByteArray();
    }

    private static byte[] ints(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        return bytes.array();
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    private static byte[] doubles(double... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asDoubleBuffer().put(values);
        return bytes.array();
    }
}
