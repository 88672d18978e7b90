package io.millrace.trainer.validation;

import io.millrace.evaluation.Metric;
import io.millrace.evaluation.MetricNames;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A collection that a checkpoint is measured by.
 *
 * @param folder in BEIR's layout
 * @param split of its judgements
 * @param metrics what is measured
 */
public record EvaluatedCollection(Path folder, String split, List<Metric> metrics) {
    /** Metrics unless others are named. */
    public static final List<Metric> METRICS = Stream.of("ndcg@10", "mrr@10", "recall@100")
            .map(name -> MetricNames.parse(name, 1))
            .toList();

    /** Copies the list. */
    public EvaluatedCollection {
        metrics = List.copyOf(metrics);
    }

    /** Its name, which is the folder's. */
    public String name() {
        return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
    }
}
