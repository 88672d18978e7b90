package io.millrace.deploy.lexical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.deploy.CommandRun;
import io.millrace.deploy.TinyModels;
import io.millrace.deploy.local.LocalCluster;
import io.millrace.deploy.local.LocalClusterOptions;
import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LexicalCommandTest {
    private static final List<String> DOCUMENTS = List.of(
            "quake\tthe study of earthquakes and of what earthquakes do",
            "bread\ta baker bakes bread",
            "birds\tbirds fly south, and bakers do not",
            "none\tthe of and");

    @TempDir
    private Path folder;

    private Path model() throws IOException {
        Path data = TinyModels.corpus(folder.resolve("data"), DOCUMENTS);
        CommandRun run = CommandRun.of(
                "lexical",
                "--data",
                data.toString(),
                "--out",
                folder.resolve("bm25").toString(),
                "-o",
                "json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("documents").asInt()).isEqualTo(3);
        assertThat(run.json().get("emptyDocuments").asInt()).isEqualTo(1);
        assertThat(run.json().get("termsThatShareAnId").asInt()).isZero();
        return folder.resolve("bm25");
    }

    @Test
    void aClusterScoresAsTheVectorsDoAndExplainsWithTerms() throws Exception {
        Path model = model();
        try (LocalCluster cluster = LocalCluster.start(LocalClusterOptions.of(folder.resolve("cluster"), model, 0));
                SparseEncoder encoder = SparseEncoders.open(model, EncoderOptions.defaults())) {
            String server = cluster.address();
            String corpus = folder.resolve("data/corpus.jsonl").toString();
            CommandRun indexed = CommandRun.of("index", corpus, "--server", server, "-o", "json");
            assertThat(indexed.code()).as(indexed.err()).isZero();
            String question = "Which bakers study earthquakes?";
            JsonNode hits = CommandRun.of("search", question, "--explain", "--server", server, "-o", "json")
                    .json()
                    .get("hits");
            assertThat(hits).hasSize(3);
            SparseVector asked = vector(encoder, question, TextRole.QUERY);
            for (JsonNode hit : hits) {
                String text = DOCUMENTS.stream()
                        .filter(document -> document.startsWith(hit.get("id").asText() + "\t"))
                        .findFirst()
                        .orElseThrow()
                        .split("\t", 2)[1];
                assertThat(hit.get("score").asDouble())
                        .isCloseTo(vector(encoder, text, TextRole.DOCUMENT).dot(asked), within(1e-6));
            }
            assertThat(hits.path(0).get("id").asText()).isEqualTo("quake");
            assertThat(hits.path(0).get("matches").findValuesAsText("term"))
                    .containsExactlyInAnyOrder("earthquak", "studi");
        }
    }

    private static SparseVector vector(SparseEncoder encoder, String text, TextRole role) {
        return encoder.encode(encoder.tokenize(List.of(text), role), role).getFirst();
    }

    @Test
    void isEvaluatedLikeAModel() throws IOException {
        Path model = model();
        Path data = folder.resolve("data");
        Files.writeString(data.resolve("queries.jsonl"), """
                {"_id": "q1", "text": "earthquake studies"}
                {"_id": "q2", "text": "south"}
                """);
        Files.createDirectories(data.resolve("qrels"));
        Files.writeString(data.resolve("qrels/test.tsv"), "query-id\tcorpus-id\tscore\nq1\tquake\t1\nq2\tbirds\t1\n");
        CommandRun run = CommandRun.of("eval", "--data", data.toString(), "--model", model.toString(), "-o", "json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("nDCG@10").asDouble()).isEqualTo(1);
        CommandRun precise =
                CommandRun.of("eval", "--data", data.toString(), "--model", model.toString(), "--precision", "int8");
        assertThat(precise.code()).isEqualTo(2);
        assertThat(precise.err()).contains("is a lexical model");
    }

    @Test
    void doesNotWriteIntoACheckpoint() throws IOException {
        Path data = TinyModels.corpus(folder.resolve("data"), DOCUMENTS);
        Path checkpoint = TinyModels.copy("distilbert", folder.resolve("checkpoint"), List.of(2, 3));
        CommandRun run = CommandRun.of("lexical", "--data", data.toString(), "--out", checkpoint.toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("holds a checkpoint");
        CommandRun analyzer =
                CommandRun.of("lexical", "--data", data.toString(), "--out", folder + "/x", "--analyzer", "latin");
        assertThat(analyzer.code()).isEqualTo(2);
        assertThat(analyzer.err()).contains("[english, standard, whitespace]");
    }
}
