package io.millrace.deploy.train;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.Progress;
import io.millrace.service.registry.ModelName;
import io.millrace.v1.RunState;
import io.millrace.v1.RunStatus;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What the commands print of a run. */
final class RunFields {
    private RunFields() {}

    /** What a run does, in a word. */
    static String word(RunState state) {
        return state.name().substring("RUN_STATE_".length()).toLowerCase(Locale.ROOT);
    }

    static void print(Console console, boolean json, RunStatus run) {
        if (json) {
            console.printJson(of(run));
        } else {
            console.print(line(run));
        }
    }

    private static String line(RunStatus run) {
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "%-24s %-10s step %,d of %,d",
                run.getName(),
                word(run.getState()),
                run.getStep(),
                run.getSteps()));
        if (run.getRecipes() > 1) {
            line.append(" of recipe ").append(run.getRecipe()).append(" of ").append(run.getRecipes());
        }
        if (run.hasLoss()) {
            line.append(String.format(Locale.ROOT, "  loss %.4f", run.getLoss()));
        }
        if (run.hasEtaSeconds()) {
            line.append("  ").append(Progress.time(run.getEtaSeconds())).append(" left");
        }
        if (run.getPlace() > 0) {
            line.append("  place ").append(run.getPlace());
        }
        if (run.hasPublished()) {
            line.append("  published as ").append(ModelName.of(run.getPublished()));
        }
        if (!run.getDetail().isEmpty()) {
            line.append("  ").append(run.getDetail());
        }
        return line.toString();
    }

    static Map<String, Object> of(RunStatus run) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", run.getName());
        fields.put("state", word(run.getState()));
        fields.put("detail", run.getDetail());
        fields.put("recipe", run.getRecipe());
        fields.put("recipes", run.getRecipes());
        fields.put("step", run.getStep());
        fields.put("steps", run.getSteps());
        if (run.hasLoss()) {
            fields.put("loss", run.getLoss());
        }
        if (run.hasEtaSeconds()) {
            fields.put("etaSeconds", run.getEtaSeconds());
        }
        fields.put("place", run.getPlace());
        fields.put("threads", run.getThreads());
        fields.put("recipeSha256", run.getRecipeSha256());
        fields.put("startedAt", Instant.ofEpochMilli(run.getStartedAtMillis()).toString());
        if (run.hasPublished()) {
            fields.put("published", ModelName.of(run.getPublished()).toString());
        }
        return fields;
    }
}
