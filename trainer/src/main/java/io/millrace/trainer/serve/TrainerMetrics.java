package io.millrace.trainer.serve;

import io.millrace.service.Metrics;
import io.millrace.trainer.run.Judgement;
import io.millrace.trainer.run.StepReport;
import io.millrace.trainer.serve.RunRecord.Standing;

/** What a trainer tells Prometheus. Figures of a step or judgement are the last run's that reported one; NaN before the first. */
final class TrainerMetrics {
    private final Metrics metrics;
    private final Metrics.Recorder stepSeconds;
    private volatile double loss = Double.NaN;
    private volatile double step = Double.NaN;
    private volatile double queryNonZeros = Double.NaN;
    private volatile double documentNonZeros = Double.NaN;
    private volatile double flops = Double.NaN;
    private volatile double judged = Double.NaN;

    TrainerMetrics(Metrics metrics) {
        this.metrics = metrics;
        this.stepSeconds = metrics.seconds(
                "millrace_trainer_step_seconds", "Time of a step, mean over those of a report, seconds.");
        metrics.gauge("millrace_trainer_loss", "Loss of the last report.", () -> loss);
        metrics.gauge("millrace_trainer_step", "Steps taken at the last report.", () -> step);
        metrics.gauge(
                "millrace_trainer_query_non_zeros",
                "Mean non-zeros of a query at the last report.",
                () -> queryNonZeros);
        metrics.gauge(
                "millrace_trainer_document_non_zeros",
                "Mean non-zeros of a document at the last report.",
                () -> documentNonZeros);
        metrics.gauge("millrace_trainer_flops", "Products of a query with a document at the last report.", () -> flops);
        metrics.gauge("millrace_trainer_judgement", "Metric of the last judgement.", () -> judged);
    }

    /** Counts runs by where they stand. */
    void watch(TrainingRuns runs) {
        for (Standing standing : Standing.values()) {
            metrics.gauge(
                    "millrace_trainer_runs_" + RunStatuses.word(standing),
                    "Runs that are " + RunStatuses.word(standing) + ".",
                    () -> runs.count(standing));
        }
    }

    void record(StepReport report) {
        stepSeconds.add(report.pace().secondsPerStep());
        loss = report.loss();
        step = report.step();
        report.statistics().ifPresent(sparse -> {
            queryNonZeros = sparse.queryNonZeros();
            documentNonZeros = sparse.documentNonZeros();
            flops = sparse.flops();
        });
    }

    void record(Judgement judgement) {
        judged = judgement.value();
    }
}
