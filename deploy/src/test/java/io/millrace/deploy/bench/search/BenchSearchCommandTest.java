package io.millrace.deploy.bench.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.deploy.CommandRun;
import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BenchSearchCommandTest {
    private static final int DOCUMENTS = 300;
    private static final int QUERIES = 12;

    @TempDir
    private Path folder;

    @TempDir
    private Path work;

    private CommandRun bench(String... options) {
        List<String> words = new ArrayList<>(List.of("bench", "search", folder.toString(), "--work", work.toString()));
        words.addAll(List.of("--warm-up", "1", "--rounds", "2", "--batch", "16"));
        words.addAll(Arrays.asList(options));
        return CommandRun.of(words.toArray(String[]::new));
    }

    private SearchCollection collection() throws IOException {
        return SmallCollection.write(
                folder, SmallCollection.vectors(1, DOCUMENTS, 12), SmallCollection.vectors(2, QUERIES, 6));
    }

    @Test
    void measuresAShardAndFindsTheExactBest() throws IOException {
        SearchCollection collection = collection();
        CommandRun run = bench("--threads", "2", "--exhaustive", "--write-truth", "-o", "json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("There is no " + folder.resolve("gt.npz") + ": computing exact scores of 12");
        assertThat(run.json().get("weights").asText()).isEqualTo("f32");
        assertThat(run.json().get("queries").asInt()).isEqualTo(QUERIES);
        assertThat(run.json().get("k").asInt()).isEqualTo(10);
        JsonNode build = run.json().get("build");
        assertThat(build.get("documents").asInt()).isEqualTo(DOCUMENTS);
        assertThat(build.get("nonZeros").asInt())
                .isEqualTo(collection.documents().terms().length);
        assertThat(build.get("bufferedDocuments").asInt()).isEqualTo(DOCUMENTS);
        assertThat(build.get("segments").asInt()).isPositive();
        for (String figure : List.of("documentsPerSecond", "diskBytes", "memoryBytes", "memoryBytesPerNonZero")) {
            assertThat(build.get(figure).asDouble()).as(figure).isPositive();
        }
        assertThat(build.has("settleSeconds")).isTrue();
        assertThat(build.has("reopenSeconds")).isTrue();
        for (String engine : List.of("search", "core", "exhaustive")) {
            JsonNode figures = run.json().get(engine);
            boolean exact = !engine.equals("exhaustive");
            assertThat(figures.get("recall").asDouble()).isBetween(exact ? 1 : .9, 1.);
            assertThat(figures.get("largestScoreDifference").asDouble()).isLessThan(exact ? 1e-7 : .05);
            assertThat(figures.get("threads").asInt()).isEqualTo(2);
            assertThat(figures.get("queriesPerSecond").asDouble()).isPositive();
            assertThat(figures.get("allRoundsMeanMicros").asDouble()).isPositive();
            assertThat(figures.get("allocatedBytesPerQuery").asLong()).isPositive();
            assertThat(figures.get("garbageCollections").asLong()).isNotNegative();
            for (String sample : List.of("bestOfRoundsMicros", "lastRoundMicros")) {
                assertThat(figures.get(sample).fieldNames())
                        .toIterable()
                        .containsExactly("mean", "p50", "p90", "p99", "max");
            }
        }
        assertThat(run.json().get("ratio").get("mean").asDouble()).isPositive();
        assertThat(work).isEmptyDirectory();
        // The truth that was kept is read back, and found to be about these vectors.
        CommandRun again = bench("--weights", "u8", "--rescore", "--queries", "5", "-k", "3", "-o", "json");
        assertThat(again.code()).as(again.err()).isZero();
        assertThat(again.err()).doesNotContain("exact scores");
        assertThat(again.json().get("weights").asText()).isEqualTo("u8");
        assertThat(again.json().get("queries").asInt()).isEqualTo(5);
        assertThat(again.json().get("search").get("largestScoreDifference").asDouble())
                .isCloseTo(0, within(.02));
        assertThat(again.json().at("/rescored/largestScoreDifference").asDouble())
                .isLessThan(1e-7);
        assertThat(again.json().at("/rescored/recall").asDouble()).isEqualTo(1);
        assertThat(again.json().has("exhaustive")).isFalse();
    }

    @Test
    void whatIsWrittenInBulkIsFoundAllTheSame() throws IOException {
        collection();
        CommandRun run = bench("--bulk", "-o", "json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("bulk").asBoolean()).isTrue();
        assertThat(run.json().get("build").get("documents").asInt()).isEqualTo(DOCUMENTS);
        assertThat(run.json().get("search").get("recall").asDouble()).isEqualTo(1);
    }

    @Test
    void printsATableForPeople() throws IOException {
        collection();
        CommandRun run = bench("--documents", "20", "-k", "50");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains(folder + ": 20 documents of ")
                .contains("documents/s")
                .contains("best of 2 rounds")
                .contains("1.000000 of the best 50")
                .doesNotContain("ratio");
    }

    @Test
    void refusesWhatCannotBeMeasured() throws IOException {
        refused("there is no file " + folder.resolve("docs.csr"));
        SparseMatrix vectors = SmallCollection.matrix(SmallCollection.vectors(1, 5, 5));
        vectors.write(folder.resolve("docs.csr"));
        refused("there is no file " + folder.resolve("queries.csr"));
        new SparseMatrix(0, new int[1], new int[0], new float[0]).write(folder.resolve("queries.csr"));
        refused("queries.csr has no vectors");
        SparseVector beyond = new SparseVector(new int[] {SmallCollection.VOCABULARY}, new float[] {1});
        SparseMatrix.of(List.of(SparseVector.EMPTY, beyond), 100).write(folder.resolve("queries.csr"));
        refused("queries.csr, row 1, has term 40, but the vocabulary of docs.csr has 40 terms");
        new SparseMatrix(9, new int[] {0, 2}, new int[] {5, 4}, new float[] {1, 1})
                .write(folder.resolve("queries.csr"));
        refused("queries.csr, row 0: ids must ascend strictly");
        new SparseMatrix(9, new int[] {0, 1}, new int[] {5}, new float[] {Float.NaN})
                .write(folder.resolve("queries.csr"));
        refused("queries.csr, row 0: weights must be finite");
        vectors.write(folder.resolve("queries.csr"));
        Files.write(folder.resolve("docs.csr"), new byte[30]);
        refused("docs.csr has 30 bytes");
        vectors.write(folder.resolve("docs.csr"));
        Files.write(folder.resolve("gt.npz"), new byte[30]);
        refused("gt.npz is no zip of numpy arrays");
    }

    @Test
    void refusesOptionsThatMakeNoSense() throws IOException {
        collection();
        for (String option : List.of("--rounds", "--queries", "--threads", "--batch", "--in-flight", "-k")) {
            CommandRun run = CommandRun.of("bench", "search", folder.toString(), option, "0");
            assertThat(run.code()).as(option).isEqualTo(2);
            assertThat(run.err()).contains(option).contains("is 0; it must be 1 or more");
        }
        assertThat(bench("-k", "10001").err()).contains("it must be 10000 or less");
        assertThat(bench("--documents", "5", "--write-truth").err()).contains("leave --documents out");
        assertThat(CommandRun.of("bench", "search", folder.toString(), "--work", folder + "/none")
                        .err())
                .contains("there is no folder");
    }

    private void refused(String why) {
        CommandRun run = bench();
        assertThat(run.code()).as(why).isEqualTo(1);
        assertThat(run.err()).contains("millrace: ").contains(why).doesNotContain("\tat ");
        assertThat(run.out()).isEmpty();
        assertThat(work).isEmptyDirectory();
    }
}
