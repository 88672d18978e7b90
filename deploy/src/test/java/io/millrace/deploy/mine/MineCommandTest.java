package io.millrace.deploy.mine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.deploy.CommandRun;
import io.millrace.deploy.TinyModels;
import io.millrace.deploy.local.LocalCluster;
import io.millrace.deploy.local.LocalClusterOptions;
import io.millrace.trainer.data.TrainingExample;
import io.millrace.trainer.data.format.TextRepair;
import io.millrace.trainer.data.pool.GroupSampler;
import io.millrace.trainer.data.pool.SamplingRules;
import io.millrace.trainer.data.source.LinePools;
import io.millrace.trainer.data.stream.ExampleStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hard negatives from a cluster with BM25, scored by a bi-encoder, read by the trainer. */
@Timeout(120)
class MineCommandTest {
    private static final List<String> WORDS = List.of(
            "mill", "race", "water", "wheel", "stone", "grain", "river", "bread", "baker", "flour", "oven", "dough",
            "crust", "yeast", "salt", "loaf", "slice", "butter", "jam", "tea", "cup", "table", "chair", "door");

    @TempDir
    private static Path folder = Path.of("");

    private static @Nullable LocalCluster cluster;

    /** 150 documents of random words; each query is words of its positive, d0 to d29. q29 has no judgement. */
    @BeforeAll
    static void start() throws Exception {
        Random random = new Random(5);
        List<String> documents = new ArrayList<>();
        StringBuilder queries = new StringBuilder();
        StringBuilder qrels = new StringBuilder("query-id\tcorpus-id\tscore\n");
        for (int d = 0; d < 150; d++) {
            List<String> words = new ArrayList<>();
            for (int w = 0; w < 12; w++) {
                words.add(WORDS.get(random.nextInt(WORDS.size())));
            }
            documents.add("d" + d + "\t" + String.join(" ", words));
            if (d < 30) {
                queries.append("q" + d + "\t" + String.join(" ", words.subList(0, 3)) + "\n");
                qrels.append(d < 29 ? "q" + d + "\td" + d + "\t1\nq" + d + "\td" + (d + 30) + "\t0\n" : "");
            }
        }
        TinyModels.corpus(folder.resolve("data"), documents);
        Files.writeString(folder.resolve("queries.tsv"), queries);
        Files.writeString(folder.resolve("qrels.tsv"), qrels);
        String model = folder.resolve("bm25").toString();
        assertThat(CommandRun.of("lexical", "--data", folder.resolve("data").toString(), "--out", model)
                        .code())
                .isZero();
        LocalCluster started = LocalCluster.start(LocalClusterOptions.of(folder.resolve("cluster"), Path.of(model), 0));
        cluster = started;
        CommandRun indexed =
                CommandRun.of("index", folder.resolve("data/corpus.jsonl").toString(), "--server", started.address());
        assertThat(indexed.code()).as(indexed.err()).isZero();
    }

    @AfterAll
    static void stop() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static String address() {
        if (cluster == null) {
            throw new IllegalStateException("the cluster did not start");
        }
        return cluster.address();
    }

    private static CommandRun mine(Path out, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "mine",
                "--queries",
                folder.resolve("queries.tsv").toString(),
                "--qrels",
                folder.resolve("qrels.tsv").toString(),
                "--out",
                out.toString(),
                "--server",
                address(),
                "-o",
                "json"));
        arguments.addAll(List.of(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private static List<JsonNode> lines(Path file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            lines.add(new JsonMapper().readTree(line));
        }
        return lines;
    }

    private static Map<String, JsonNode> hits(String text, int k) {
        Map<String, JsonNode> hits = new HashMap<>();
        int rank = 0;
        for (JsonNode hit : CommandRun.of("search", text, "-k", "" + k, "--server", address(), "-o", "json")
                .json()
                .get("hits")) {
            rank++;
            hits.put(hit.get("id").asText() + "@" + rank, hit);
        }
        return hits;
    }

    @Test
    void negativesAreHitsOfTheSearchWithoutWhatIsRelevant() throws IOException {
        Path out = folder.resolve("mined.jsonl");
        CommandRun run = mine(out, "--negatives", "3@10,5@40", "--system", "bm25");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("queries").asInt()).isEqualTo(29);
        assertThat(run.json().get("withoutPositives").asInt()).isEqualTo(1);
        List<JsonNode> lines = lines(out);
        assertThat(lines).hasSize(29);
        List<String> queries = Files.readAllLines(folder.resolve("queries.tsv"));
        boolean judgedIrrelevant = false;
        for (int q = 0; q < lines.size(); q++) {
            JsonNode line = lines.get(q);
            assertThat(line.get("qid").asText()).isEqualTo("q" + q);
            assertThat(line.get("pos")).hasSize(1);
            assertThat(line.get("pos").get(0).asText()).isEqualTo("d" + q);
            JsonNode ids = line.get("neg").get("bm25");
            JsonNode ranks = line.get("ranks").get("bm25");
            assertThat(ids).hasSize(8).hasSameSizeAs(ranks);
            Map<String, JsonNode> hits = hits(queries.get(q).split("\t", 2)[1], 40);
            int shallow = 0;
            for (int i = 0; i < ids.size(); i++) {
                assertThat(ids.get(i).asText()).isNotEqualTo("d" + q);
                String place = ids.get(i).asText() + "@" + ranks.get(i).asInt();
                assertThat(hits).containsKey(place);
                assertThat(line.get("scores").get("bm25").get(i).floatValue())
                        .isEqualTo(hits.getOrDefault(place, line).path("score").floatValue());
                shallow += ranks.get(i).asInt() <= 10 ? 1 : 0;
                judgedIrrelevant |= ids.get(i).asText().equals("d" + (q + 30));
            }
            assertThat(shallow).isGreaterThanOrEqualTo(3);
        }
        assertThat(judgedIrrelevant)
                .as("a judged document of grade 0 may be a negative")
                .isTrue();
    }

    @Test
    void aRunThatWasCutOffGoesOnToTheSameFile() throws IOException {
        Path whole = folder.resolve("whole.jsonl");
        assertThat(mine(whole, "--negatives", "4").code()).isZero();
        byte[] expected = Files.readAllBytes(whole);
        Random random = new Random(9);
        for (int round = 0; round < 5; round++) {
            Path out = folder.resolve("cut-" + round + ".jsonl");
            Files.write(
                    folder.resolve("cut-" + round + ".jsonl.unfinished"),
                    Arrays.copyOf(expected, round == 0 ? 0 : random.nextInt(expected.length)));
            Files.copy(
                    folder.resolve("whole.jsonl.settings.json"),
                    folder.resolve("cut-" + round + ".jsonl.settings.json"));
            CommandRun run = mine(out, "--negatives", "4");
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(Files.readAllBytes(out)).isEqualTo(expected);
        }
        CommandRun again = mine(whole, "--negatives", "4");
        assertThat(again.code()).isEqualTo(2);
        assertThat(again.err()).contains("is there already");
        Files.write(folder.resolve("other.jsonl.unfinished"), expected);
        Files.copy(folder.resolve("whole.jsonl.settings.json"), folder.resolve("other.jsonl.settings.json"));
        CommandRun other = mine(folder.resolve("other.jsonl"), "--negatives", "4", "--seed", "43");
        assertThat(other.code()).isEqualTo(2);
        assertThat(other.err()).contains("was begun with").contains("go on with the same settings");
        Files.write(folder.resolve("bad.jsonl.unfinished"), "{\"qid\": \n".getBytes(StandardCharsets.UTF_8));
        Files.copy(folder.resolve("whole.jsonl.settings.json"), folder.resolve("bad.jsonl.settings.json"));
        assertThat(mine(folder.resolve("bad.jsonl"), "--negatives", "4").err()).contains("line 1 is damaged");
    }

    @Test
    void anotherSeedDrawsOthers() throws IOException {
        assertThat(mine(folder.resolve("s1.jsonl"), "--negatives", "4", "--seed", "1")
                        .code())
                .isZero();
        assertThat(mine(folder.resolve("s2.jsonl"), "--negatives", "4", "--seed", "2")
                        .code())
                .isZero();
        assertThat(Files.readString(folder.resolve("s1.jsonl")))
                .isNotEqualTo(Files.readString(folder.resolve("s2.jsonl")));
    }

    @Test
    void minedNegativesAreScoredByABiEncoderAndTrainedOn() throws IOException {
        Path out = folder.resolve("chain.jsonl");
        assertThat(mine(out, "--negatives", "6").code()).isZero();
        Map<String, String> forms = new HashMap<>();
        for (String form : List.of("kd", "scores")) {
            CommandRun scored = CommandRun.of(
                    "score",
                    "--model",
                    "../model/src/test/resources/dense/mean-normalized",
                    "--candidates",
                    out.toString(),
                    "--queries",
                    folder.resolve("queries.tsv").toString(),
                    "--documents",
                    folder.resolve("data/corpus.jsonl").toString(),
                    "--form",
                    form);
            assertThat(scored.code()).as(scored.err()).isZero();
            forms.put(form, scored.out());
        }
        Path scores = Files.writeString(folder.resolve("scores.json"), forms.getOrDefault("scores", ""));
        CommandRun teacher = CommandRun.of(
                "teacher",
                scores.toString(),
                "--mean",
                "5",
                "--std",
                "2",
                "--out",
                folder.resolve("mapped.json.gz").toString(),
                "--csv",
                folder.resolve("histogram.csv").toString(),
                "-o",
                "json");
        assertThat(teacher.code()).as(teacher.err()).isZero();
        assertThat(teacher.json().get("before").get("count").asInt()).isEqualTo(29 * 7);
        CommandRun mapped =
                CommandRun.of("teacher", folder.resolve("mapped.json.gz").toString(), "-o", "json");
        assertThat(mapped.json().get("before").get("mean").asDouble()).isBetween(4.9999, 5.0001);
        assertThat(mapped.json().get("before").get("std").asDouble()).isBetween(1.9999, 2.0001);
        assertThat(Files.readAllLines(folder.resolve("histogram.csv"))).hasSize(51);

        Path kd = Files.writeString(folder.resolve("kd.jsonl"), forms.getOrDefault("kd", ""));
        try (LinePools pools = LinePools.distillation(kd, folder.resolve("kd-stores"), false, TextRepair.NONE)) {
            ExampleStream examples = ExampleStream.start(
                    pools, new GroupSampler(SamplingRules.ofSize(4).scored()), 1);
            for (int i = 0; i < 29; i++) {
                TrainingExample example = examples.next();
                assertThat(example.positive().id())
                        .isEqualTo("d" + example.query().id().substring(1));
                assertThat(example.scores()).hasSize(4).allMatch(score -> Math.abs(score) <= 1);
            }
            assertThat(examples.cursor().epoch()).isZero();
        }
    }

    @Test
    void aQueryThatCannotBeAskedIsNamedAndTheOthersAreMined() throws IOException {
        Path queries = Files.writeString(folder.resolve("some.tsv"), "a\t\nd4\tmill race\nc\tbread oven\n");
        Path qrels = Files.writeString(folder.resolve("some-qrels.tsv"), "a 0 d1 1\nd4 0 d2 1\nc 0 d3 1\n");
        Path out = folder.resolve("some.jsonl");
        CommandRun run = CommandRun.of(
                "mine",
                "--queries",
                queries.toString(),
                "--qrels",
                qrels.toString(),
                "--out",
                out.toString(),
                "--server",
                address(),
                "--negatives",
                "150",
                "--shared-ids");
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).contains("query 'a': ");
        List<JsonNode> lines = lines(out);
        assertThat(lines).hasSize(2);
        List<String> found = new ArrayList<>();
        lines.getFirst().get("neg").forEach(ids -> ids.forEach(id -> found.add(id.asText())));
        // d2 is relevant, and d4 has the id of the query.
        assertThat(hits("mill race", 150)).isNotEmpty().hasSizeGreaterThanOrEqualTo(found.size() + 1);
        assertThat(found).hasSizeGreaterThan(20).doesNotContain("d2", "d4");
    }

    @Test
    void whatIsMissingIsSaid() {
        CommandRun run = mine(folder.resolve("x.jsonl"), "--negatives", "5@4");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("--negatives asks for 5 of the first 4 hits");
        CommandRun none = mine(folder.resolve("y.jsonl"), "-c", "nothing");
        assertThat(none.code()).isEqualTo(5);
        assertThat(folder.resolve("y.jsonl")).doesNotExist();
    }
}
