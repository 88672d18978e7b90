package io.millrace.deploy.eval;

import io.millrace.evaluation.Evaluation;
import io.millrace.evaluation.Metric;
import java.util.List;

/**
 * Some systems on one collection.
 *
 * @param collection what was asked and judged
 * @param metrics how
 * @param runs what each system found, the baseline first
 * @param evaluations of each run, in the same order
 */
public record JudgedCollection(
        TestCollection collection, List<Metric> metrics, List<SystemRun> runs, List<Evaluation> evaluations) {
    /** Judges runs. */
    public static JudgedCollection of(TestCollection collection, List<Metric> metrics, List<SystemRun> runs) {
        return new JudgedCollection(
                collection,
                List.copyOf(metrics),
                List.copyOf(runs),
                runs.stream()
                        .map(run -> Evaluation.of(collection.qrels(), run.rankings(), metrics))
                        .toList());
    }
}
