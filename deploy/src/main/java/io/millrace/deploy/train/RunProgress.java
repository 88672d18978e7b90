package io.millrace.deploy.train;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.Progress;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.trainer.run.Judgement;
import io.millrace.trainer.run.RunEvent;
import io.millrace.trainer.run.RunListener;
import io.millrace.trainer.run.StepReport;
import java.util.Locale;

/** Shows a run's steps as a bar, and what it reports as lines. */
final class RunProgress implements RunListener {
    /** Lines of reports in a run; the bar shows the rest. */
    private static final int LINES = 40;

    private final Progress progress;
    private final long steps;
    private final long every;
    private long next;

    RunProgress(Console console, Recipe recipe) {
        this.progress = new Progress(console, recipe.name());
        this.steps = recipe.steps();
        this.every = Math.max(1, recipe.steps() / LINES);
    }

    @Override
    public void happened(RunEvent event) {
        switch (event) {
            case StepReport report -> {
                if (report.step() >= next) {
                    next = report.step() + every;
                    progress.say(line(report));
                }
            }
            case Judgement judgement -> progress.say(line(judgement));
        }
        progress.update(event.step(), (double) event.step() / steps);
    }

    private static String line(StepReport report) {
        String sparsity = report.statistics()
                .map(found -> String.format(
                        Locale.ROOT,
                        "  non-zeros %.0f / %.0f  FLOPs %.2f",
                        found.queryNonZeros(),
                        found.documentNonZeros(),
                        found.flops()))
                .orElse("");
        return String.format(
                Locale.ROOT,
                "step %,d  loss %.4f%s  gradient %.3f  rate %.2e  %.0f texts/s",
                report.step(),
                report.loss(),
                sparsity,
                report.norm(),
                report.rate(),
                report.textsPerSecond());
    }

    private static String line(Judgement judgement) {
        return String.format(
                Locale.ROOT,
                "step %,d  %s %.4f%s  non-zeros %.0f / %.0f  FLOPs %.2f  longest list %.0f %%  dead terms %.0f %%",
                judgement.step(),
                judgement.metric(),
                judgement.value(),
                judgement.best() ? " (best)" : "",
                judgement.sparsity().queries().mean(),
                judgement.sparsity().documents().mean(),
                judgement.sparsity().flops(),
                100 * judgement.sparsity().longestList(),
                100 * judgement.sparsity().dead());
    }

    void finish() {
        progress.finish();
    }
}
