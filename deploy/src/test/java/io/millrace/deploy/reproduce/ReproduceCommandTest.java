package io.millrace.deploy.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.deploy.CommandRun;
import io.millrace.evaluation.Evaluation;
import io.millrace.evaluation.Metric;
import io.millrace.evaluation.Qrels;
import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.ScoredDocument;
import io.millrace.evaluation.msmarco.MarcoFolder;
import io.millrace.evaluation.msmarco.TextLine;
import io.millrace.evaluation.msmarco.TextLines;
import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** All rows on a generated collection, with tiny random weights for each. */
@Timeout(300)
class ReproduceCommandTest {
    private static final int PASSAGES = 36;

    @TempDir
    private Path folder;

    /** Passages of common words, queries of some of a passage's words. */
    private Path collection() throws IOException {
        Path data = Files.createDirectories(folder.resolve("marco"));
        Random random = new Random(99);
        List<String> passages = new ArrayList<>();
        for (int i = 0; i < PASSAGES; i++) {
            passages.add(random.ints(9, 8, 60).mapToObj(word -> "w" + word).collect(Collectors.joining(" ")));
        }
        Files.writeString(
                data.resolve("collection.tsv"),
                IntStream.range(0, PASSAGES)
                        .mapToObj(i -> i + "\t" + passages.get(i) + "\n")
                        .collect(Collectors.joining()));
        StringBuilder queries = new StringBuilder();
        StringBuilder dev = new StringBuilder();
        StringBuilder graded = new StringBuilder();
        for (int q = 0; q < 8; q++) {
            String[] words = passages.get(3 * q).split(" ", -1);
            queries.append(q)
                    .append('\t')
                    .append(words[1])
                    .append(' ')
                    .append(words[4])
                    .append(' ')
                    .append(words[7])
                    .append('\n');
            dev.append(q).append("\t0\t").append(3 * q).append("\t1\n");
            graded.append(q)
                    .append(" 0 ")
                    .append(3 * q)
                    .append(" 3\n")
                    .append(q)
                    .append(" 0 ")
                    .append(3 * q + 1)
                    .append(" 1\n");
        }
        Files.writeString(data.resolve("queries.dev.tsv"), queries);
        Files.writeString(data.resolve("qrels.dev.tsv"), dev);
        Files.writeString(data.resolve("queries.dl19.tsv"), queries);
        Files.writeString(data.resolve("qrels.dl19.txt"), graded);
        return data;
    }

    private CommandRun reproduce(Path data, Path weights, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "reproduce",
                "--data",
                data.toString(),
                "--weights",
                weights.toString(),
                "--out",
                folder.resolve("report").toString()));
        arguments.addAll(List.of(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private JsonNode report() throws IOException {
        return new ObjectMapper().readTree(folder.resolve("report/report.json").toFile());
    }

    @Test
    void everyRowOfEveryTableIsMeasuredWhereItsWeightsAre() throws IOException {
        Path data = collection();
        Path weights = Files.createDirectories(folder.resolve("weights"));
        long seed = 1;
        for (PaperRow row : PaperTable.rowsOnce()) {
            RowWeights.write(weights, row, seed++);
        }
        CommandRun run = reproduce(data, weights, "--teacher-depth", "5");
        assertThat(run.code()).as(run.err()).isZero();
        int rows = PaperTable.rowsOnce().size();
        assertThat(rows).isGreaterThanOrEqualTo(30);
        assertThat(run.out()).contains(rows + " of " + rows + " rows measured, 0 missing, 0 failed");

        JsonNode report = report();
        assertThat(report.get("tables").size()).isEqualTo(6);
        Set<String> outcomes = new HashSet<>();
        for (JsonNode table : report.get("tables")) {
            for (JsonNode row : table.get("rows")) {
                assertThat(row.has("note")).as(row.toString()).isFalse();
                assertThat(row.at("/dev/MRR@10").doubleValue()).isBetween(0.0, 1.0);
                assertThat(row.at("/dl19/nDCG@10").doubleValue()).isBetween(0.0, 1.0);
                assertThat(row.get("dl19").has("Recall(rel=2)@1000")).isTrue();
                outcomes.add(row.at("/dl19/nDCG@10").asText());
            }
        }
        // Other weights, other figures; few coincide.
        assertThat(outcomes).hasSizeGreaterThan(rows / 2);
        // Words of the passage itself: BM25 is better than chance.
        assertThat(report.at("/tables/0/rows/0/dev/MRR@10").doubleValue()).isGreaterThan(0.5);
        figuresAreOfTheSameRun(report);
        aRowIsWhatExhaustiveScoringGives(data, weights, report);
        assertThat(Files.readString(folder.resolve("report/report.md")))
                .contains("# Leveraging Decoder", "Table 6. Baselines", "Figure 1.", "Figure 3. 80 pairs")
                .doesNotContain("missing:");
        assertThat(Files.readString(folder.resolve("report/report.html"))).contains("<svg", "RankLLaMA, mapped");
    }

    private static void figuresAreOfTheSameRun(JsonNode report) {
        long encoders = PaperTable.rowsOnce().stream()
                .filter(row -> row.kind() instanceof RowKind.Encoder || row.kind() instanceof RowKind.Bm25)
                .count();
        JsonNode vectors = report.at("/figure1/rows");
        assertThat(vectors.size()).isEqualTo((int) encoders);
        assertThat(vectors.at("/BM25/terms").size()).isBetween(6, 9);
        for (JsonNode vector : vectors) {
            assertThat(vector.get("terms").size()).isPositive();
            assertThat(vector.at("/terms/0/weight").doubleValue())
                    .isGreaterThanOrEqualTo(vector.at("/terms/1/weight").doubleValue());
        }
        JsonNode teachers = report.get("figure3");
        // Two splits of eight queries, five documents each.
        assertThat(teachers.get("pairs").intValue()).isEqualTo(80);
        for (String scores : List.of("reference", "before", "after")) {
            assertThat(teachers.at("/" + scores + "/edges").size()).isEqualTo(41);
            assertThat(doubles(teachers.at("/" + scores + "/counts")))
                    .satisfies(counts -> assertThat(Arrays.stream(counts).sum()).isEqualTo(80));
        }
        for (String moment : List.of("mean", "deviation")) {
            double reference = teachers.at("/reference/" + moment).doubleValue();
            assertThat(teachers.at("/after/" + moment).doubleValue()).isCloseTo(reference, within(1e-9));
            assertThat(teachers.at("/before/" + moment).doubleValue()).isNotCloseTo(reference, within(1e-3));
        }
    }

    private static double[] doubles(JsonNode numbers) {
        return IntStream.range(0, numbers.size())
                .mapToDouble(i -> numbers.get(i).doubleValue())
                .toArray();
    }

    private static void aRowIsWhatExhaustiveScoringGives(Path data, Path weights, JsonNode report) throws IOException {
        MarcoFolder marco = new MarcoFolder(data);
        List<String> ids = new ArrayList<>();
        List<String> passages = new ArrayList<>();
        try (TextLines lines = marco.collection()) {
            for (TextLine line = lines.next(); line != null; line = lines.next()) {
                ids.add(line.id());
                passages.add(line.text());
            }
        }
        Metric.Ndcg ndcg = new Metric.Ndcg(10);
        Qrels qrels = marco.qrels("dl19");
        try (SparseEncoder encoder =
                SparseEncoders.open(weights.resolve("encdec-multi-qmlp-dmlm"), EncoderOptions.defaults())) {
            List<SparseVector> vectors =
                    encoder.encode(encoder.tokenize(passages, TextRole.DOCUMENT), TextRole.DOCUMENT);
            Map<String, Ranking> run = new HashMap<>();
            marco.queries("dl19").forEach((id, text) -> {
                SparseVector query = encoder.encode(encoder.tokenize(List.of(text), TextRole.QUERY), TextRole.QUERY)
                        .getFirst();
                Map<String, Float> scores = new LinkedHashMap<>();
                for (int i = 0; i < vectors.size(); i++) {
                    scores.put(ids.get(i), (float) query.dot(vectors.get(i)));
                }
                run.put(
                        id,
                        Ranking.of(scores.entrySet().stream()
                                .filter(scored -> scored.getValue() > 0)
                                .map(scored -> new ScoredDocument(scored.getKey(), scored.getValue()))
                                .toList()));
            });
            JsonNode row = report.at("/tables/2/rows/4");
            assertThat(row.get("weights").textValue()).isEqualTo("encdec-multi-qmlp-dmlm");
            assertThat(row.at("/dl19/nDCG@10").doubleValue())
                    .isCloseTo(Evaluation.of(qrels, run, List.of(ndcg)).mean(ndcg), within(1e-12));
        }
    }

    @Test
    void rowsWithoutWeightsAreNamedAndThoseOfAnotherKindRefused() throws IOException {
        Path weights = Files.createDirectories(folder.resolve("weights"));
        List<PaperRow> rows = PaperTable.rowsOnce();
        PaperRow encoderOnly = named(rows, "enc-multi-flan-t5-base");
        RowWeights.write(weights, encoderOnly, 5);
        // An encoder's contract in the place of an encoder with decoder.
        RowWeights.write(weights, new PaperRow("x", "encdec-multi-flan-t5-base", encoderOnly.kind()), 6);
        CommandRun run = reproduce(collection(), weights, "--splits", "dev", "--text", "w9 w10 w11");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out())
                .contains("2 of " + rows.size() + " rows measured, " + (rows.size() - 3) + " missing, 1 failed")
                .contains("splade-max", "teacher-rankllama");
        assertThat(run.err()).contains("queries are read as encoder, not as encoder_decoder_multi");
        String markdown = Files.readString(folder.resolve("report/report.md"));
        assertThat(markdown)
                .contains(
                        "missing: splade-max/",
                        "failed: ",
                        "Figure 3 needs both teachers' scores; missing: teacher-minilm")
                .contains("\"w9 w10 w11\"");
        assertThat(markdown.lines().filter(line -> line.contains("missing: ")))
                .allSatisfy(line -> assertThat(line).doesNotContainPattern("0\\.\\d{4}"));
        assertThat(report().at("/tables/1/rows/1/dev").has("MRR@10")).isTrue();
    }

    private static PaperRow named(List<PaperRow> rows, String weights) {
        return rows.stream()
                .filter(row -> row.weights().equals(weights))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void listsWhatEachRowNeeds() {
        CommandRun run = CommandRun.of("reproduce", "--list");
        assertThat(run.code()).isZero();
        for (PaperRow row : PaperTable.rowsOnce()) {
            assertThat(run.out()).contains(row.weights(), row.name(), row.kind().needs());
        }
        assertThat(PaperTable.weights().distinct().count())
                .isEqualTo(PaperTable.weights().count());
        CommandRun none = CommandRun.of("reproduce", "--data", folder.toString());
        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err()).contains("--data, --weights and --out are needed");
        CommandRun beir = reproduce(folder, folder);
        assertThat(beir.code()).isEqualTo(2);
        assertThat(beir.err()).contains("has no collection.tsv");
    }
}
