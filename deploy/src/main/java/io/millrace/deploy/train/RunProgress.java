package io.millrace.deploy.train;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.Progress;
import io.millrace.v1.CheckpointJudged;
import io.millrace.v1.LossPart;
import io.millrace.v1.RunUpdate;
import io.millrace.v1.StepReached;
import java.util.Locale;
import java.util.stream.Collectors;

/** Shows a run's steps as a bar, and what it reports as lines, wherever it trains. */
final class RunProgress {
    /** Lines of reports in a run; the bar shows the rest. */
    private static final int LINES = 40;

    private final Progress progress;
    private int recipe;
    private long steps = 1;
    private long next;

    RunProgress(Console console, String name) {
        this.progress = new Progress(console, name);
    }

    void show(RunUpdate update) {
        if (update.getRecipe() != recipe) {
            recipe = update.getRecipe();
            next = 0;
        }
        switch (update.getKindCase()) {
            case STEP -> {
                StepReached step = update.getStep();
                steps = Math.max(1, step.getSteps());
                if (step.getStep() >= next) {
                    next = step.getStep() + Math.max(1, steps / LINES);
                    progress.say(line(step));
                }
                progress.update(step.getStep(), (double) step.getStep() / steps);
            }
            case JUDGED -> {
                progress.say(line(update.getJudged()));
                progress.update(
                        update.getJudged().getStep(),
                        (double) update.getJudged().getStep() / steps);
            }
            case STATUS, KIND_NOT_SET -> {
                return;
            }
        }
    }

    private static String line(StepReached step) {
        String parts = step.getPartsCount() < 2
                ? ""
                : step.getPartsList().stream().map(RunProgress::part).collect(Collectors.joining(", ", " (", ")"));
        String sparsity = step.hasSparsity()
                ? String.format(
                        Locale.ROOT,
                        "  non-zeros %.0f / %.0f  FLOPs %.2f",
                        step.getSparsity().getQueryNonZeros(),
                        step.getSparsity().getDocumentNonZeros(),
                        step.getSparsity().getFlops())
                : "";
        return String.format(
                Locale.ROOT,
                "step %,d  loss %.4f%s%s  gradient %.3f  rate %.2e  %.2f s/step  %.0f texts/s",
                step.getStep(),
                step.getLoss(),
                parts,
                sparsity,
                step.getGradientNorm(),
                step.getRate(),
                step.getSecondsPerStep(),
                step.getTextsPerSecond());
    }

    private static String part(LossPart part) {
        return String.format(Locale.ROOT, "%s %.4g", part.getName(), part.getValue());
    }

    private static String line(CheckpointJudged judged) {
        return String.format(
                Locale.ROOT,
                "step %,d  %s %.4f%s  non-zeros %.0f / %.0f  FLOPs %.2f  longest list %.0f %%  dead terms %.0f %%",
                judged.getStep(),
                judged.getMetric(),
                judged.getValue(),
                judged.getBest() ? " (best)" : "",
                judged.getSparsity().getQueryNonZeros(),
                judged.getSparsity().getDocumentNonZeros(),
                judged.getSparsity().getFlops(),
                100 * judged.getSparsity().getLongestList(),
                100 * judged.getDead());
    }

    /** Says a line without tearing the bar. */
    void say(String line) {
        progress.say(line);
    }

    void finish() {
        progress.finish();
    }
}
