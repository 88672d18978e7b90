package io.millrace.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.recipe.RecipePaths;
import io.millrace.trainer.recipe.RecipeSource;
import io.millrace.trainer.telemetry.SparsityGate;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training that ruins splade-tiny, and training that does not, from the same sentences. */
class CollapsedRunTest {
    private static final Path MODEL =
            Path.of("../models/splade-tiny").toAbsolutePath().normalize();

    @TempDir
    private Path temporary;

    /** A sentence is asked for by its second half. */
    @BeforeEach
    void writeCollection() throws IOException {
        List<String> sentences;
        try (InputStream in = SparsityGate.class.getResourceAsStream("sentences.txt")) {
            sentences = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(sentence -> sentence.replace("\\", "\\\\").replace("\"", "\\\""))
                    .toList();
        }
        StringBuilder corpus = new StringBuilder();
        StringBuilder queries = new StringBuilder();
        StringBuilder qrels = new StringBuilder("query-id\tcorpus-id\tscore\n");
        for (int i = 0; i < sentences.size(); i++) {
            String sentence = sentences.get(i);
            String half = sentence.substring(sentence.indexOf(' ', sentence.length() / 2) + 1);
            corpus.append("{\"_id\": \"d%d\", \"title\": \"\", \"text\": \"%s\"}%n".formatted(i, sentence));
            queries.append("{\"_id\": \"q%d\", \"text\": \"%s\"}%n".formatted(i, half));
            qrels.append("q%d\td%d\t1%n".formatted(i, i));
        }
        Path folder = Files.createDirectories(temporary.resolve("data"));
        Files.createDirectories(folder.resolve("qrels"));
        Files.writeString(folder.resolve("corpus.jsonl"), corpus);
        Files.writeString(folder.resolve("queries.jsonl"), queries);
        Files.writeString(folder.resolve("qrels/train.tsv"), qrels);
    }

    private Judgement judged(String rate, String lambda) throws IOException, InterruptedException {
        String recipe = """
                name: tiny
                base: %s
                seed: 3
                steps: 12
                batch: {queries: 8, query-tokens: 32, document-tokens: 32}
                candidates: {group: 1}
                optimizer: {rate: %s, schedule: constant}
                loss:
                  - {kind: info-nce}
                penalties:
                  - {side: queries, kind: flops, lambda: %s, ramp: constant}
                  - {side: documents, kind: flops, lambda: %s, ramp: constant}
                data:
                  - {kind: beir, folder: data}
                validation: {folder: data, split: train, every: 12, metric: mrr@10}
                keep: {every: 12}
                """.formatted(MODEL, rate, lambda, lambda);
        Judgement[] last = new Judgement[1];
        TrainingRun.open(
                        RecipeSource.parse(recipe, "recipe", RecipePaths.local(temporary))
                                .getFirst(),
                        temporary.resolve("run"),
                        1)
                .run(new RunControl(), event -> {
                    if (event instanceof Judgement judgement) {
                        last[0] = judgement;
                    }
                });
        return Objects.requireNonNull(last[0]);
    }

    private static Optional<String> refusal(Judgement judgement) {
        return SparsityGate.DEFAULT.refusal(judgement.sparsity());
    }

    @Test
    void aHealthyRunPassesTheGate() throws Exception {
        Judgement judgement = judged("2e-5", "0.001");

        assertThat(judgement.value()).isGreaterThan(0.8);
        assertThat(refusal(judgement)).isEmpty();
        assertThat(judgement.toJson()).doesNotContain("refused");
    }

    @Test
    void regularizersThatWeighTooMuchEndInARefusal() throws Exception {
        Judgement judgement = judged("2e-3", "100");

        assertThat(judgement.value()).isLessThan(0.3);
        assertThat(refusal(judgement))
                .hasValueSatisfying(reason -> assertThat(reason).startsWith("the model has collapsed: "));
        assertThat(judgement.toJson()).contains("\"refused\":\"the model has collapsed: ");
    }

    @Test
    void aRateThatIsTooHighEndsInARefusal() throws Exception {
        Judgement judgement = judged("3e-2", "0");

        assertThat(judgement.value()).isLessThan(0.3);
        assertThat(refusal(judgement))
                .hasValueSatisfying(reason -> assertThat(reason).startsWith("the model has collapsed: "));
    }
}
