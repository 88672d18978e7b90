package io.millrace.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SparseMatrixTest {
    private static final SparseVector FIRST = new SparseVector(new int[] {1, 7}, new float[] {0.5f, 2f});
    private static final SparseVector LAST = new SparseVector(new int[] {0, 1, 9}, new float[] {1f, 0.25f, 3f});

    @TempDir
    Path folder;

    private static SparseMatrix three() {
        return SparseMatrix.of(List.of(FIRST, SparseVector.EMPTY, LAST), 10);
    }

    @Test
    void rowsComeBackFromAFile() throws IOException {
        Path file = folder.resolve("docs.csr");
        three().write(file);
        SparseMatrix read = SparseMatrix.read(file);
        assertThat(read.rows()).isEqualTo(3);
        assertThat(read.columns()).isEqualTo(10);
        assertThat(List.of(read.row(0), read.row(1), read.row(2))).containsExactly(FIRST, SparseVector.EMPTY, LAST);
    }

    @Test
    void theFileIsThatOfTheBigAnnBenchmarks() throws IOException {
        Path file = folder.resolve("docs.csr");
        SparseMatrix.of(List.of(FIRST), 10).write(file);
        ByteBuffer expected = ByteBuffer.allocate(56).order(ByteOrder.LITTLE_ENDIAN);
        expected.putLong(1).putLong(10).putLong(2).putLong(0).putLong(2);
        expected.putInt(1).putInt(7).putFloat(0.5f).putFloat(2f);
        assertThat(Files.readAllBytes(file)).isEqualTo(expected.array());
    }

    @Test
    void filesOfSeveralChunksComeBack() throws IOException {
        Random random = new Random(3);
        List<SparseVector> rows = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            int[] terms = random.ints(0, 30_000).distinct().limit(200).sorted().toArray();
            float[] weights = new float[terms.length];
            for (int j = 0; j < weights.length; j++) {
                weights[j] = 0.01f + random.nextFloat();
            }
            rows.add(new SparseVector(terms, weights));
        }
        Path file = folder.resolve("docs.csr");
        SparseMatrix.of(rows, 30_000).write(file);
        SparseMatrix read = SparseMatrix.read(file);
        for (int i = 0; i < rows.size(); i++) {
            assertThat(read.row(i)).isEqualTo(rows.get(i));
        }
    }

    @Test
    void filesCutShortOrOfAnotherKindAreRefused() throws IOException {
        Path file = folder.resolve("docs.csr");
        three().write(file);
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length += 3) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> SparseMatrix.read(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("docs.csr")
                    .hasMessageContaining("again");
        }
        Files.write(
                file,
                "{\"_id\": \"1\", \"text\": \"no matrix\"}"
                        .repeat(3)
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThatThrownBy(() -> SparseMatrix.read(file)).isInstanceOf(IOException.class);
        ByteBuffer wrong = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
        wrong.putLong(32, 99);
        Files.write(file, wrong.array());
        assertThatThrownBy(() -> SparseMatrix.read(file)).hasMessageContaining("wrong offset at row 1: 99");
    }
}
