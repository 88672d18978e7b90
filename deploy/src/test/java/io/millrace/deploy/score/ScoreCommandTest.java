package io.millrace.deploy.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.deploy.CommandRun;
import io.millrace.deploy.TinyModels;
import io.millrace.model.EncoderOptions;
import io.millrace.model.scoring.PairScorer;
import io.millrace.model.scoring.TextPair;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ScoreCommandTest {
    @TempDir
    private Path folder;

    @Test
    void scoresPairsInOrderBeyondOneWindow() throws IOException {
        Path model = TinyModels.copy("cross-encoder", folder.resolve("model"), List.of(2, 3));
        List<TextPair> pairs = IntStream.range(0, 300)
                .mapToObj(i -> new TextPair("w" + (10 + i % 50), "w" + (20 + i % 60) + " w" + (12 + i % 9)))
                .toList();
        StringBuilder lines = new StringBuilder("\n");
        pairs.forEach(pair ->
                lines.append(pair.query()).append('\t').append(pair.document()).append('\n'));
        Path file = Files.writeString(folder.resolve("pairs.tsv"), lines);
        CommandRun run = CommandRun.of("score", "--model", model.toString(), file.toString());
        assertThat(run.code()).as(run.err()).isZero();
        List<Float> scores = run.out().lines().map(Float::valueOf).toList();
        try (PairScorer scorer = PairScorer.open(model, EncoderOptions.defaults())) {
            float[] expected = scorer.score(pairs);
            assertThat(scores).hasSize(300);
            for (int i = 0; i < expected.length; i++) {
                assertThat(scores.get(i)).isCloseTo(expected[i], within(1e-6f));
            }
        }
        assertThat(scores.stream().distinct().count()).isGreaterThan(100);
        CommandRun piped = CommandRun.withInput(
                "w11\tw21 w13\n".getBytes(StandardCharsets.UTF_8),
                "score",
                "--model",
                model.toString(),
                "-",
                "-o",
                "json");
        assertThat(piped.json().get("query").asText()).isEqualTo("w11");
        assertThat(piped.json().get("score").floatValue()).isCloseTo(scores.get(1), within(1e-6f));
    }

    @Test
    void scoresWithTheLayerOfAnAdapter() throws IOException {
        Path model = TinyModels.copy("llama", folder.resolve("llama"), List.of(2, 3));
        Path file = Files.writeString(folder.resolve("pairs.tsv"), "w11\tw21 w13\n");
        Path adapter = TinyModels.adapter("rankllama-lora");
        CommandRun run =
                CommandRun.of("score", "--model", model.toString(), "--adapter", adapter.toString(), file.toString());
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Float.parseFloat(run.out().strip())).isFinite();
        CommandRun without = CommandRun.of("score", "--model", model.toString(), file.toString());
        assertThat(without.code()).isEqualTo(1);
        assertThat(without.err()).contains("score.weight");
    }

    @Test
    void namesTheLineThatIsNoPair() throws IOException {
        Path model = TinyModels.copy("cross-encoder", folder.resolve("model"), List.of(2, 3));
        Path file = Files.writeString(folder.resolve("pairs.tsv"), "w11\tw12\nno tab\n");
        CommandRun run = CommandRun.of("score", "--model", model.toString(), file.toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("pairs.tsv:2: expected query, one tab and document, but found 0 tab(s)");
        assertThat(CommandRun.of("score", file.toString()).err()).contains("--model is missing");
        assertThat(CommandRun.of("score", "--model", model.toString(), "--precision", "fp16", file.toString())
                        .err())
                .contains("use bf16 or int8 on a CPU");
    }

    @Test
    void aBiEncoderScoresPairsToo() throws IOException {
        Path file = Files.writeString(folder.resolve("pairs.tsv"), "bread\tbread\nbread\tstone river\n");
        CommandRun run =
                CommandRun.of("score", "--model", "../model/src/test/resources/dense/mean-cosine", file.toString());
        assertThat(run.code()).as(run.err()).isZero();
        List<Float> scores = run.out().lines().map(Float::valueOf).toList();
        assertThat(scores).hasSize(2);
        assertThat(scores.get(0)).isCloseTo(1, within(1e-6f));
        assertThat(scores.get(1)).isLessThan(0.99f);
    }

    @Test
    void candidatesNeedTheirTexts() throws IOException {
        String model = "../model/src/test/resources/dense/mean-cosine";
        Path candidates = Files.writeString(folder.resolve("hard.jsonl"), """
                {"qid": 1, "pos": [7], "neg": {"bm25": [8, 9]}}
                {"qid": 2, "pos": [7], "neg": {}}
                """);
        CommandRun without = CommandRun.of("score", "--model", model, "--candidates", candidates.toString());
        assertThat(without.code()).isEqualTo(2);
        assertThat(without.err()).contains("--candidates needs --queries and --documents");
        assertThat(CommandRun.of("score", "--model", model).err()).contains("there is no file of pairs");
        Path queries = Files.writeString(folder.resolve("queries.tsv"), "1\tbread\n");
        Path documents = Files.writeString(folder.resolve("collection.tsv"), "7\tbread oven\n9\tstone\n");
        CommandRun run = CommandRun.of(
                "score",
                "--model",
                model,
                "--candidates",
                candidates.toString(),
                "--queries",
                queries.toString(),
                "--documents",
                documents.toString());
        // Query 2 and document 8 are not there.
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).contains("2 queries or documents of the candidates have no text");
        assertThat(run.out().lines().count()).isEqualTo(1);
        assertThat(run.json().get("doc_ids").toString()).isEqualTo("[\"7\",\"9\"]");
        assertThat(run.json().get("docs").toString()).isEqualTo("[\"bread oven\",\"stone\"]");
        assertThat(run.json().get("scores")).hasSize(2);
    }
}
