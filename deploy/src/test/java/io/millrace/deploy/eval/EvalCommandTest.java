package io.millrace.deploy.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.deploy.CommandRun;
import io.millrace.evaluation.Evaluation;
import io.millrace.evaluation.Metric;
import io.millrace.evaluation.Qrels;
import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.evaluation.significance.PairedTTest;
import io.millrace.evaluation.trec.TrecFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalCommandTest {
    private static final String MODEL = "../models/splade-tiny";

    @TempDir
    private Path folder;

    private Path beir(String name) throws IOException {
        Path data = folder.resolve(name);
        Files.createDirectories(data.resolve("qrels"));
        Files.writeString(data.resolve("corpus.jsonl"), """
                {"_id": "quake", "title": "Seismology", "text": "the study of earthquakes"}
                {"_id": "child", "title": "", "text": "a doctor for children"}
                {"_id": "bread", "title": "", "text": "a baker bakes bread"}
                {"_id": "fear", "title": "", "text": "a person who is afraid of high places"}
                {"_id": "whale", "title": "Moby-Dick", "text": "a captain hunts a white whale"}
                """);
        Files.writeString(data.resolve("queries.jsonl"), """
                {"_id": "q1", "text": "science of earthquakes"}
                {"_id": "q2", "text": "who makes bread?"}
                {"_id": "q3", "text": "fear of heights"}
                {"_id": "q4", "text": "hunting whales"}
                """);
        Files.writeString(
                data.resolve("qrels/test.tsv"),
                "query-id\tcorpus-id\tscore\nq1\tquake\t2\nq1\tchild\t1\nq2\tbread\t1\nq3\tfear\t1\nq4\twhale\t1\n");
        return data;
    }

    private Path bm25(Path data) {
        Path model = folder.resolve("bm25");
        assertThat(CommandRun.of("lexical", "--data", data.toString(), "--out", model.toString())
                        .code())
                .isZero();
        return model;
    }

    @Test
    void showsSeveralSystemsSideBySideWithCostsAndSignificance() throws IOException {
        Path data = beir("small");
        Path run = Files.writeString(
                folder.resolve("theirs.run"),
                "q1 Q0 bread 1 3.5 t\nq1 Q0 quake 2 1.5 t\nq9 Q0 bread 1 1 t\nq2 Q0 q2 1 9 t\n");
        Path report = folder.resolve("new/report.html");
        Path lines = folder.resolve("lines.tsv");
        String[] arguments = {
            "eval",
            "--data",
            data.toString(),
            "--model",
            "ours=" + MODEL,
            "--model",
            bm25(data).toString(),
            "--run",
            "theirs=" + run,
            "--metrics",
            "ndcg@10,map,recall(rel=2)@5",
            "--report",
            report.toString(),
            "--run-out",
            folder.resolve("runs").toString(),
            "--per-query",
            lines.toString(),
            "-o",
            "json"
        };
        CommandRun ran = CommandRun.of(arguments);
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode systems = ran.json().at("/collections/0/systems");
        assertThat(systems.findValuesAsText("system")).containsExactly("ours", "bm25", "theirs");
        assertThat(systems.at("/2/nDCG@10").doubleValue()).isCloseTo(ndcgOfTheirs() / 4, within(1e-12));
        assertThat(systems.at("/2").has("flops")).isFalse();
        for (int i = 0; i < 2; i++) {
            JsonNode system = systems.get(i);
            assertThat(system.get("flops").doubleValue()).isPositive();
            assertThat(system.get("documentsCounted").longValue()).isEqualTo(5);
            assertThat(system.get("longestPostingList").longValue()).isBetween(1L, 5L);
            assertThat(system.at("/latency/queries").intValue()).isEqualTo(4);
        }
        // "bak", "bread": stemmed terms without stop words.
        assertThat(systems.at("/1/queryNonZeros").doubleValue()).isBetween(1.0, 3.0);

        runsThatWereWrittenGiveTheSameFigures(data, systems);
        significanceIsThatOfTheQueries(data, ran.json().get("comparisons"));

        assertThat(Files.readAllLines(lines)).hasSize(1 + 3 * 4 * 3).contains("small\ttheirs\tq2\tMAP\t0.0");
        assertThat(Files.readString(report))
                .contains("<svg", "nDCG@10 against FLOPs", "nDCG@10 against search p50", "theirs", "Significance")
                .doesNotContain("<script", "src=");
    }

    /** The relevant documents' gains are 2 and 1; the first is second. */
    private static double ndcgOfTheirs() {
        double log3 = Math.log(3) / Math.log(2);
        return 2 / log3 / (2 + 1 / log3);
    }

    private void runsThatWereWrittenGiveTheSameFigures(Path data, JsonNode systems) throws IOException {
        Qrels qrels = new BeirFolder(data).qrels("test");
        for (int i = 0; i < 3; i++) {
            Path file = folder.resolve(
                    "runs/small/" + List.of("ours", "bm25", "theirs").get(i) + ".run");
            Map<String, Ranking> run = TrecFiles.readRun(file);
            assertThat(run).doesNotContainKey("q9");
            Metric map = new Metric.AveragePrecision(Metric.ALL);
            assertThat(Evaluation.of(qrels, run, List.of(map)).mean(map))
                    .isEqualTo(systems.get(i).get("MAP").doubleValue());
        }
    }

    private void significanceIsThatOfTheQueries(Path data, JsonNode comparisons) throws IOException {
        assertThat(comparisons.size()).isEqualTo(2 * 3);
        JsonNode last = comparisons.get(4);
        assertThat(last.get("system").textValue()).isEqualTo("theirs");
        assertThat(last.get("metric").textValue()).isEqualTo("MAP");
        Qrels qrels = new BeirFolder(data).qrels("test");
        Metric map = new Metric.AveragePrecision(Metric.ALL);
        List<double[]> figures = List.of("theirs", "ours").stream()
                .map(name -> evaluate(qrels, name, map).values(map))
                .toList();
        PairedTTest test = PairedTTest.of(figures.get(0), figures.get(1));
        assertThat(last.get("tTestP").doubleValue()).isEqualTo(test.p());
        assertThat(last.get("tTestPHolm").doubleValue()).isGreaterThanOrEqualTo(test.p());
        assertThat(last.get("difference").doubleValue())
                .isEqualTo(test.meanDifference())
                .isNegative();
        // Four queries have 16 exchanges, half of which are as extreme as their mirror.
        assertThat(last.get("randomizationP").doubleValue() * 16 % 2).isZero();
    }

    private Evaluation evaluate(Qrels qrels, String name, Metric metric) {
        try {
            return Evaluation.of(
                    qrels, TrecFiles.readRun(folder.resolve("runs/small/" + name + ".run")), List.of(metric));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void printsATableForEachCollection() throws IOException {
        Path first = beir("first");
        Path second = beir("second");
        for (String name : List.of("first", "second")) {
            Files.writeString(folder.resolve("a-" + name), "q1 Q0 quake 1 3 t\n");
            Files.writeString(folder.resolve("b-" + name), "q1 Q0 quake 1 3 t\nq2 Q0 bread 1 1 t\n");
        }
        CommandRun run = CommandRun.of(
                "eval",
                "--data",
                first.toString(),
                "--data",
                second.toString(),
                "--run",
                "a=" + folder.resolve("a-{collection}"),
                "--run",
                "b=" + folder.resolve("b-{collection}"),
                "--metrics",
                "mrr@10");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("first, 4 judged queries", "second, 4 judged queries", "Against a")
                .containsPattern("a +0\\.2500 +–")
                .containsPattern("b +0\\.5000 +–")
                .containsPattern("b +first +MRR@10 +\\+0\\.2500 +0\\.3910 +0\\.7820 +1\\.0000 +1\\.0000");
    }

    @Test
    void readsMsMarcosLayout() throws IOException {
        Path data = Files.createDirectories(folder.resolve("marco"));
        Files.writeString(data.resolve("collection.tsv"), "0\tthe study of earthquakes\n7\ta baker bakes bread\n");
        Files.writeString(data.resolve("queries.dl19.tsv"), "7\tbread\n8\tearthquakes\n");
        Files.writeString(data.resolve("qrels.dl19.txt"), "7 0 7 3\n7 0 0 1\n8 0 0 1\n");
        CommandRun run = CommandRun.of(
                "eval",
                "--data",
                data.toString(),
                "--split",
                "dl19",
                "--level",
                "2",
                "--model",
                MODEL,
                "--costs",
                "-o",
                "json");
        assertThat(run.code()).as(run.err()).isZero();
        // Passage 7 is not query 7. Nothing of query 8 is relevant at level 2.
        assertThat(run.json().get("MRR(rel=2)@10").doubleValue()).isEqualTo(0.5);
        assertThat(run.json().get("documents").intValue()).isEqualTo(2);
        assertThat(run.json().get("flops").doubleValue()).isPositive();
    }

    @Test
    void saysWhatCannotBeEvaluatedBeforeAnythingStarts() throws IOException {
        String data = beir("small").toString();
        refuses("there is no metric 'ndgc'", "--data", data, "--metrics", "ndgc");
        refuses("two systems are called 'a'", "--data", data, "--run", "a=x", "--run", "a=y");
        refuses("it must be NAME=FILE", "--data", data, "--run", "file");
        refuses("two collections have one name", "--data", data, "--data", data, "--run", "a={collection}");
        refuses(
                "put {collection} into its name",
                "--data",
                data,
                "--data",
                beir("b").toString(),
                "--run",
                "a=x");
        refuses("holds no config.json", "--data", data, "--model", folder.toString());
        refuses("a model cannot be chosen with --server", "--data", data, "--server", "a:1", "--model", MODEL);
        refuses("10,000 at most", "--data", data, "--metrics", "recall@10000");
        refuses("would go into one file", "--data", data, "--run", "a b=x", "--run", "a_b=y", "--run-out", "runs");
        Path other = Files.writeString(folder.resolve("other.run"), "zz Q0 a 1 1 t\n");
        CommandRun run = CommandRun.of("eval", "--data", data, "--run", "other=" + other);
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("answers none of the 4 judged queries");
    }

    private static void refuses(String message, String... options) {
        String[] arguments = new String[options.length + 1];
        arguments[0] = "eval";
        System.arraycopy(options, 0, arguments, 1, options.length);
        CommandRun run = CommandRun.of(arguments);
        assertThat(run.code()).as(run.err()).isEqualTo(2);
        assertThat(run.err()).contains(message);
    }
}
