package io.millrace.trainer.release;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.service.blob.Sha256;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.trainer.run.RunOutcome;
import io.millrace.trainer.run.TrainingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Where a checkpoint comes from: everything that it takes to make the same one again, as JSON. */
final class Provenance {
    private Provenance() {}

    /**
     * Of a phase that has ended, and those it went on from. Reads all of their data once, for their digests.
     *
     * @param software name and version of the program
     * @throws IOException if a file cannot be read
     */
    static String json(TrainingPlan.Phase phase, RunOutcome outcome, String software) throws IOException {
        Recipe recipe = phase.run().recipe();
        List<TrainingPlan.Phase> phases = new ArrayList<>(phase.before());
        phases.add(phase);
        ObjectNode json = new JsonMapper().createObjectNode();
        json.put("software", software);
        ArrayNode recipes = json.putArray("recipes");
        phases.forEach(each -> recipes.add(each.source().text()));
        json.put("seed", recipe.seed());
        json.put("steps", outcome.step());
        json.put("threads", phase.run().lanes());
        json.put("ended", outcome.reason() == RunOutcome.Reason.STOPPED_EARLY ? "early" : "by its steps");
        json.put("checkpoint", String.valueOf(outcome.checkpoint().orElseThrow().getFileName()));
        Checkpoint base = Checkpoint.open(phases.getFirst().run().recipe().base());
        ObjectNode began = json.putObject("base");
        began.put("name", base.contract().name());
        began.put("space_id", base.spaceId());
        ObjectNode digests = began.putObject("sha256");
        base.contract().digests().forEach(digests::put);
        Set<Path> learned = new LinkedHashSet<>();
        phases.forEach(each -> learned.addAll(DataFiles.learned(each.run().recipe())));
        ArrayNode data = json.putArray("data");
        for (Path file : learned) {
            data.add(entry(file));
        }
        ArrayNode validation = json.putArray("validation");
        for (Path file : DataFiles.judged(recipe)) {
            validation.add(entry(file));
        }
        return json.toString();
    }

    private static ObjectNode entry(Path file) throws IOException {
        return new JsonMapper()
                .createObjectNode()
                // The name alone: where it lay is nobody's business who loads the model.
                .put("file", String.valueOf(file.getFileName()))
                .put("sha256", Sha256.ofFile(file).hex())
                .put("size_bytes", Files.size(file));
    }
}
