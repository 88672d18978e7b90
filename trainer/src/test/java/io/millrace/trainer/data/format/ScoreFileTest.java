package io.millrace.trainer.data.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.data.DataFormatException;
import io.millrace.trainer.data.TrainingFiles;
import io.millrace.trainer.data.store.DamagedStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScoreFileTest {
    @TempDir
    private Path folder;

    private Path write(String name, String json) {
        return new TrainingFiles(folder).write(name, json);
    }

    private ScoreFile open(Path file) throws IOException {
        return ScoreFile.open(file, folder.resolve("stores"));
    }

    @Test
    void everyScoreIsFoundAgain() throws IOException {
        Random random = new Random(2);
        Map<String, Map<String, Float>> all = new LinkedHashMap<>();
        for (int q = 0; q < 400; q++) {
            Map<String, Float> scores = new LinkedHashMap<>();
            for (int d = random.nextInt(60); d > 0; d--) {
                scores.put(Integer.toString(random.nextInt(8_000_000)), random.nextFloat(-12, 11));
            }
            all.put(Integer.toString(random.nextInt(1_000_000)), scores);
        }
        String json = all.entrySet().stream()
                .map(query -> "\"" + query.getKey() + "\": "
                        + query.getValue().entrySet().stream()
                                .map(score -> "\"" + score.getKey() + "\": " + score.getValue())
                                .collect(Collectors.joining(", ", "{", "}")))
                .collect(Collectors.joining(",\n", "{", "}"));
        for (String name : new String[] {"scores.json", "scores.json.gz"}) {
            try (ScoreFile file = open(write(name, json))) {
                assertThat(file.size()).isEqualTo(all.size());
                for (Map.Entry<String, Map<String, Float>> query : all.entrySet()) {
                    Map<String, Float> found =
                            file.find(query.getKey()).orElseThrow().byDocument();
                    assertThat(found).isEqualTo(query.getValue());
                    assertThat(found.keySet())
                            .containsExactlyElementsOf(query.getValue().keySet());
                }
                assertThat(file.find("-1")).isEmpty();
            }
        }
    }

    @Test
    void oneObjectForEachQueryIsReadToo() throws IOException {
        try (ScoreFile file = open(write("s.jsonl", "{\"1\": {\"2\": 0.5}}\n{\"3\": {}}\n{}"))) {
            assertThat(file.size()).isEqualTo(2);
            assertThat(file.find("1").orElseThrow().byDocument()).isEqualTo(Map.of("2", 0.5f));
            assertThat(file.find("3").orElseThrow().byDocument()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[1]|must be an object",
                "{\"1\": 3}|the query '1' must have an object",
                "{\"1\": {\"2\": \"3\"}}|query '1' and document '2' must be a finite number, but is 3",
                "{\"1\": {\"2\": null}}|must be a finite number, but is null",
                "{\"1\": {\"2\": NaN}}|not valid JSON",
                "{\"1\": {\"2\": 1e400}}|must be a finite number, but is 1e400",
                "{\"1\": {\"2\": 1, \"2\": 2}}|the document '2' of query '1' occurs twice",
                "{\"1\": {}, \"1\": {}}|the id '1' occurs twice, as queries 1 and 2",
                "{\"1\": {\"2\": 1}|Unexpected end-of-input",
                "{\"1\": {\"2\": 1|Unexpected end-of-input",
                "{\"\": {}}|a query has an id of 0 characters",
                "{\"1\": {\"\": 2}}|a document has an id of 0 characters",
                "{\"1\": {\"2\": 1}} x|not valid JSON"
            })
    void whatIsWrongIsSaidWithItsPlace(String json, String expected) throws IOException {
        Path file = write("s.json", json);
        assertThatThrownBy(() -> open(file))
                .isInstanceOf(DataFormatException.class)
                .hasMessageContaining("s.json")
                .hasMessageContaining(expected);
    }

    @Test
    void moreThanAQueryCanHaveIsRefusedBeforeItFillsTheMemory() throws IOException {
        String longest = "x".repeat(4_090);
        String ids = Stream.iterate(100_000, i -> i + 1)
                .limit(4_200)
                .map(i -> "\"" + i + longest + "\": 0")
                .collect(Collectors.joining(","));
        Path file = write("s.json.gz", "{\"7\": {" + ids + "}}");
        assertThatThrownBy(() -> open(file))
                .isInstanceOf(DataFormatException.class)
                .hasMessageContaining(
                        "the query '7' has more than 1000000 documents, or ids of more than 16777216 characters");
    }

    @Test
    void aGzipFileThatIsCutOffIsNotHalfRead() throws IOException {
        Random random = new Random(4);
        String json = Stream.generate(() -> "\"" + random.nextLong() + "\": {\"1\": " + random.nextFloat() + "}")
                .limit(3_000)
                .collect(Collectors.joining(",", "{", "}"));
        Path file = write("s.json.gz", json);
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {5, 30, whole.length / 2, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> open(file)).isInstanceOf(IOException.class).hasMessageContaining("s.json.gz");
        }
        assertThat(folder.resolve("stores")).isEmptyDirectory();
    }

    @Test
    void aDamagedStoreIsRefused() throws IOException {
        Path file = write("s.json", "{\"1\": {\"2\": 0.5}}");
        open(file).close();
        Path store;
        try (Stream<Path> stores = Files.list(folder.resolve("stores"))) {
            store = stores.filter(path -> path.toString().endsWith(".scores"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(store);
        bytes[12] ^= 4;
        Files.write(store, bytes);
        try (ScoreFile damaged = open(file)) {
            assertThatThrownBy(() -> damaged.find("1"))
                    .isInstanceOf(DamagedStoreException.class)
                    .hasMessageContaining("delete it, and it is built again");
        }
        Files.delete(store);
        try (ScoreFile again = open(file)) {
            assertThat(again.find("1").orElseThrow().byDocument()).containsEntry("2", 0.5f);
        }
    }
}
