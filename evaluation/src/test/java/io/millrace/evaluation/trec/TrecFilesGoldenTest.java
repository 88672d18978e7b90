package io.millrace.evaluation.trec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.evaluation.Evaluation;
import io.millrace.evaluation.Metric;
import io.millrace.evaluation.MetricNames;
import io.millrace.evaluation.Qrels;
import io.millrace.evaluation.Ranking;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that trec_eval read, and what it said of them; {@code make_trec_files_golden.py} beside them says how. */
class TrecFilesGoldenTest {
    private static JsonNode expected;
    private static Qrels qrels;
    private static Map<String, Ranking> run;
    private static Evaluation evaluation;

    @TempDir
    private Path folder;

    private static Path file(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(TrecFilesGoldenTest.class.getResource(name))
                .toURI());
    }

    @BeforeAll
    static void evaluateTheFiles() throws IOException, URISyntaxException {
        expected = new ObjectMapper().readTree(Files.readString(file("expected.json")));
        qrels = TrecFiles.readQrels(file("qrels.txt"));
        run = TrecFiles.readRun(file("run.txt"));
        evaluation = Evaluation.of(qrels, run, metrics());
    }

    private static List<Metric> metrics() {
        List<Metric> metrics = new ArrayList<>();
        expected.get("means").fieldNames().forEachRemaining(name -> metrics.add(MetricNames.parse(name, 1)));
        return metrics;
    }

    @Test
    void everyFigureOfEveryQueryAgreesWithTrecEval() {
        assertThat(expected.get("queries").size()).isEqualTo(51);
        assertThat(expected.get("means").size()).isEqualTo(35);
        expected.get("queries").properties().forEach(query -> {
            Map<String, Double> ours =
                    Objects.requireNonNull(evaluation.perQuery().get(query.getKey()));
            query.getValue()
                    .properties()
                    .forEach(metric -> assertThat(ours.get(metric.getKey()))
                            .as(query.getKey() + " " + metric.getKey())
                            .isCloseTo(metric.getValue().doubleValue(), within(1e-12)));
        });
    }

    @Test
    void meansAgreeToEveryPrintedDigit() {
        for (Metric metric : metrics()) {
            double mean = evaluation.mean(metric);
            assertThat(mean)
                    .as(metric.name())
                    .isCloseTo(expected.get("means").get(metric.name()).doubleValue(), within(1e-12));
            assertThat(PrintedFigure.of(mean))
                    .as(metric.name())
                    .isEqualTo(expected.get("printed").get(metric.name()).textValue());
        }
    }

    @Test
    void filesThatWereWrittenAndReadAgainAreJudgedAlike() throws IOException {
        TrecFiles.writeRun(folder.resolve("run"), run, "again");
        TrecFiles.writeQrels(folder.resolve("qrels"), qrels);
        Evaluation again = Evaluation.of(
                TrecFiles.readQrels(folder.resolve("qrels")), TrecFiles.readRun(folder.resolve("run")), metrics());
        assertThat(again).isEqualTo(evaluation);
    }
}
