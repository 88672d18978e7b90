package io.millrace.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Figures recorded from trec_eval itself; {@code make_trec_eval_golden.py} beside the file says how. */
class TrecEvalGoldenTest {
    private static final List<Metric> METRICS = List.of(
            new Metric.Ndcg(1),
            new Metric.Ndcg(5),
            new Metric.Ndcg(10),
            new Metric.Recall(5),
            new Metric.Recall(10),
            new Metric.Recall(100),
            new Metric.ReciprocalRank(10));

    private static JsonNode golden;
    private static Evaluation evaluation;

    @BeforeAll
    static void evaluateTheRecordedRun() throws IOException {
        try (InputStream in = TrecEvalGoldenTest.class.getResourceAsStream("trec_eval_golden.json")) {
            golden = new ObjectMapper().readTree(Objects.requireNonNull(in));
        }
        Map<String, Map<String, Integer>> qrels = new LinkedHashMap<>();
        golden.get("qrels").properties().forEach(query -> {
            Map<String, Integer> judgements = new HashMap<>();
            query.getValue()
                    .properties()
                    .forEach(d -> judgements.put(d.getKey(), d.getValue().intValue()));
            qrels.put(query.getKey(), judgements);
        });
        Map<String, Ranking> run = new HashMap<>();
        golden.get("run").properties().forEach(query -> {
            List<ScoredDocument> documents = new ArrayList<>();
            query.getValue()
                    .properties()
                    .forEach(d -> documents.add(
                            new ScoredDocument(d.getKey(), d.getValue().floatValue())));
            run.put(query.getKey(), Ranking.of(documents));
        });
        evaluation = Evaluation.of(new Qrels(qrels), run, METRICS);
    }

    @Test
    void everyQueryAgreesWithTrecEval() {
        assertThat(golden.get("expected").size()).isEqualTo(23);
        golden.get("expected").properties().forEach(query -> {
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
    void meansAreOverAllJudgedQueriesAndAnUnansweredOneCountsZero() {
        assertThat(Objects.requireNonNull(evaluation.perQuery().get("q7")).values())
                .containsOnly(0.0);
        for (Metric metric : METRICS) {
            double sum = 0;
            for (JsonNode query : golden.get("expected")) {
                sum += query.get(metric.name()).doubleValue();
            }
            assertThat(evaluation.mean(metric)).as(metric.name()).isCloseTo(sum / 24, within(1e-12));
        }
    }
}
