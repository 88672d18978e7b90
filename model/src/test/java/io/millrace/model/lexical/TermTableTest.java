package io.millrace.model.lexical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TermTableTest {
    @TempDir
    private Path folder;

    private byte[] written(List<TermTable.Row> rows) throws IOException {
        Path file = folder.resolve("terms.bin");
        TermTable.write(file, rows);
        return Files.readAllBytes(file);
    }

    private static TermTable read(byte[] bytes) {
        return TermTable.read(Path.of("terms.bin"), bytes, Integer.MAX_VALUE);
    }

    private static List<TermTable.Row> rows(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TreeMap<Integer, TermTable.Row> rows = new TreeMap<>();
        for (int id : List.of(0, TermIds.COUNT - 1)) {
            rows.put(id, new TermTable.Row(id, Integer.MAX_VALUE, "größe " + id));
        }
        for (int i = 0; i < 300; i++) {
            int id = random.nextInt(TermIds.COUNT);
            rows.put(id, new TermTable.Row(id, 1 + (1 << random.nextInt(30)), "t".repeat(random.nextInt(200))));
        }
        return new ArrayList<>(rows.values());
    }

    @Test
    void givesBackWhatWasWritten() throws IOException {
        List<TermTable.Row> rows = rows(1);
        TermTable table = read(written(rows));
        assertThat(table.size()).isEqualTo(rows.size());
        for (TermTable.Row row : rows) {
            assertThat(table.frequency(row.id())).isEqualTo(row.frequency());
            assertThat(table.spelling(row.id())).isEqualTo(row.spelling());
        }
        assertThat(table.frequency(1)).isZero();
        assertThat(table.spelling(1)).isEqualTo("#1");
    }

    @Test
    void refusesEveryFileThatIsCutOffOrTooLong() throws IOException {
        byte[] whole = written(rows(2));
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> read(cut)).isInstanceOf(InvalidModelException.class);
        }
        assertThatThrownBy(() -> read(Arrays.copyOf(whole, whole.length + 1)))
                .hasMessageContaining("has 1 bytes behind its last row");
    }

    @Test
    void refusesImpossibleRows() throws IOException {
        List<List<TermTable.Row>> impossible = List.of(
                List.of(new TermTable.Row(5, 0, "a")),
                List.of(new TermTable.Row(5, 1, "a"), new TermTable.Row(5, 1, "b")),
                List.of(new TermTable.Row(TermIds.COUNT, 1, "a")));
        for (List<TermTable.Row> rows : impossible) {
            byte[] bytes = written(rows);
            assertThatThrownBy(() -> read(bytes)).hasMessageContaining("ids ascend below");
        }
        byte[] fine = written(List.of(new TermTable.Row(5, 3, "a")));
        assertThatThrownBy(() -> TermTable.read(Path.of("terms.bin"), fine, 2)).hasMessageContaining("from 1 to 2");
    }

    @Test
    void refusesOrReadsEveryDamagedFileWithoutRunningOutOfMemory() throws IOException {
        byte[] whole = written(rows(3));
        SplittableRandom random = new SplittableRandom(4);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(i % 2 == 0 ? 12 : damaged.length)] = (byte) random.nextInt();
            try {
                assertThat(read(damaged).size()).isPositive();
            } catch (InvalidModelException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(5_000);
    }
}
