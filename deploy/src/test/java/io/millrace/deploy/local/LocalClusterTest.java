package io.millrace.deploy.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.deploy.CommandRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the embedded model, so every answer here is a real one. */
@Timeout(180)
class LocalClusterTest {
    private static final Path MODEL =
            Path.of(System.getProperty("millrace.home", "..")).resolve("models/splade-tiny");

    @TempDir
    private Path folder;

    private static CommandRun ask(LocalCluster cluster, String input, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--server", cluster.address()));
        return CommandRun.withInput(input.getBytes(StandardCharsets.UTF_8), all.toArray(String[]::new));
    }

    private static List<String> ids(CommandRun search) {
        return StreamSupport.stream(search.json().get("hits").spliterator(), false)
                .map(hit -> hit.get("id").asText())
                .toList();
    }

    @Test
    void keepsWhatWasIndexedReplacedAndDeletedOverARestart() throws Exception {
        try (LocalCluster cluster = LocalCluster.start(LocalClusterOptions.of(folder, MODEL, 0))) {
            assertThat(cluster.members()).hasSize(5);
            CommandRun indexed = ask(cluster, """
                    {"id": "spider", "text": "an abnormal fear of spiders"}
                    {"id": "bread", "text": "a shop where bread and cakes are baked and sold"}
                    {"id": "star", "text": "the science of stars and planets"}
                    {"id": "gone", "text": "spiders spiders spiders"}
                    {"id": "cut", "text": "%s"}
                    {"id": "changed", "text": "a harbour for ships"}
                    """.formatted("word ".repeat(600)), "index", "-", "-o", "json");
            assertThat(indexed.code()).isZero();
            assertThat(indexed.json().get("stored").asInt()).isEqualTo(6);
            assertThat(indexed.json().get("truncated").asInt()).isEqualTo(1);
            // 600 words, of which 254 are read.
            assertThat(indexed.json().get("truncatedTokens").asInt()).isEqualTo(346);
            assertThat(ask(cluster, "{\"id\": \"changed\", \"text\": \"the cultivation of grapes\"}", "index", "-")
                            .code())
                    .isZero();
            assertThat(ask(cluster, "", "delete", "gone").code()).isZero();
            checkAnswers(cluster);
        }
        assertThatThrownBy(() -> LocalCluster.start(new LocalClusterOptions(folder, ModelChoice.of(MODEL), 0, 1, 1)))
                .hasMessageContaining("belongs to a cluster with 2 index servers");
        try (LocalCluster cluster = LocalCluster.start(LocalClusterOptions.of(folder, MODEL, 0))) {
            checkAnswers(cluster);
            assertThat(ask(cluster, "", "collection", "describe", "default", "-o", "json")
                            .json()
                            .get("documents")
                            .asInt())
                    .isEqualTo(5);
        }
    }

    private static void checkAnswers(LocalCluster cluster) {
        CommandRun spiders = ask(cluster, "", "search", "afraid of spiders", "-o", "json", "--explain");
        assertThat(ids(spiders)).startsWith("spider").doesNotContain("gone");
        JsonNode match = spiders.json().at("/hits/0/matches/0");
        assertThat(match.get("term").asText()).startsWith("spider");
        assertThat(match.get("queryWeight").asDouble()).isPositive();
        assertThat(ids(ask(cluster, "", "search", "where can I buy bread?", "-o", "json")))
                .startsWith("bread");
        assertThat(ids(ask(cluster, "", "search", "growing grapes for wine", "-o", "json")))
                .startsWith("changed");
        assertThat(ids(ask(cluster, "", "search", "harbour for ships", "-k", "1", "-o", "json")))
                .doesNotContain("changed");
    }

    @Test
    void saysWhatIsWrongWithARequest() throws Exception {
        try (LocalCluster cluster = LocalCluster.start(LocalClusterOptions.of(folder, MODEL, 0))) {
            assertThat(ask(cluster, "", "search", "x", "-c", "none").err()).contains("none");
            assertThat(ask(cluster, "", "search", "x", "-c", "none").code()).isEqualTo(5);
            assertThat(ask(cluster, "", "collection", "create", "No Good").code())
                    .isEqualTo(1);
            assertThat(ask(cluster, "", "collection", "create", "c").code()).isZero();
            for (String k : List.of("0", "-1", "2000000")) {
                CommandRun run = ask(cluster, "", "search", "x", "-k", k);
                assertThat(run.code()).as("k = " + k).isEqualTo(1);
                assertThat(run.err()).contains("1 to 10000");
            }
            String large = "{\"id\": \"large\", \"text\": \"" + "x ".repeat(1 << 19) + "\"}\n";
            CommandRun run = ask(cluster, large + "{\"id\": \"next\", \"text\": \"a bird\"}\n", "index", "-");
            assertThat(run.code()).isEqualTo(3);
            assertThat(run.err()).contains("<stdin>:1: ").contains("524288").contains("Stored 1 documents");
        }
    }

    @Test
    void evaluatesACollectionThroughTheCluster() throws IOException {
        Files.createDirectories(folder.resolve("qrels"));
        Files.writeString(folder.resolve("corpus.jsonl"), """
                {"_id": "d1", "title": "Seismology", "text": "the study of earthquakes"}
                {"_id": "d2", "title": "", "text": "a doctor for children"}
                {"_id": "d3", "title": "A baker bakes bread", "text": ""}
                {"_id": "d4", "title": "", "text": ""}
                {"_id": "q3", "title": "", "text": "fear of heights"}
                {"_id": "d5", "title": "", "text": "a person who is afraid of high places"}
                """);
        Files.writeString(folder.resolve("queries.jsonl"), """
                {"_id": "q1", "text": "science of earthquakes"}
                {"_id": "q2", "text": "who makes bread?"}
                {"_id": "q3", "text": "fear of heights"}
                {"_id": "q4", "text": "not judged"}
                """);
        Files.writeString(
                folder.resolve("qrels/test.tsv"),
                "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td3\t1\nq3\td5\t1\nq3\td4\t1\n");
        CommandRun run = CommandRun.of("eval", "--data", folder.toString(), "--model", MODEL.toString(), "-o", "json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode result = run.json();
        // q3's own document would be first; left out, as BEIR does, d5 is.
        assertThat(result.get("MRR@10").asDouble()).isEqualTo(1.0);
        assertThat(result.get("Recall@100").asDouble()).isEqualTo((1 + 1 + 0.5) / 3);
        double half = 1 / (1 + 1 / (Math.log(3) / Math.log(2)));
        assertThat(result.get("nDCG@10").asDouble()).isEqualTo((2 + half) / 3);
        assertThat(result.get("documents").asInt()).isEqualTo(5);
        assertThat(result.get("emptyDocuments").asInt()).isEqualTo(1);
        assertThat(result.get("queries").asInt()).isEqualTo(3);
    }

    @Test
    void answersTheQuickstartsQuestionsAndExits() {
        CommandRun run = CommandRun.of(
                "quickstart",
                "--once",
                "--docs",
                "300",
                "--port",
                "0",
                "--model",
                MODEL.toString(),
                "--data-dir",
                folder.resolve("quickstart").toString());
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("Indexed 300 definitions")
                .contains("\"fear of spiders\"")
                .containsPattern("study \\d\\.\\d\\d×\\d\\.\\d\\d")
                .containsPattern("Search latency over 200 queries, one at a time: p50 [\\d.]+ ms, p99 [\\d.]+ ms")
                .doesNotContain("The cluster stays up");
    }
}
