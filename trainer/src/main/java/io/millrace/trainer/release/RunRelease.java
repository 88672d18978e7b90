package io.millrace.trainer.release;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.evaluation.Metric;
import io.millrace.service.registry.RegistryClient;
import io.millrace.trainer.inspection.Inspection;
import io.millrace.trainer.publish.GoldenTextList;
import io.millrace.trainer.publish.ModelPreparation;
import io.millrace.trainer.publish.ModelPublisher;
import io.millrace.trainer.publish.PreparedModel;
import io.millrace.trainer.publish.Publication;
import io.millrace.trainer.publish.PublishCheck;
import io.millrace.trainer.publish.PublishListener;
import io.millrace.trainer.recipe.PublishRecipe;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.trainer.run.RunOutcome;
import io.millrace.trainer.run.TrainingPlan;
import io.millrace.trainer.validation.EvaluatedCollection;
import io.millrace.v1.PublishModelResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Publishes what a phase made: the best checkpoint, or the last where none was judged, with golden texts, figures, what its
 * vectors look like, and where it comes from. Doing it again publishes nothing new.
 *
 * @param coordinator {@code host:port} of the registry
 * @param software name and version of the program, for the manifest
 * @param listener hears how much was sent
 */
public record RunRelease(String coordinator, String software, PublishListener listener) {
    /**
     * Publishes.
     *
     * @param asked whether to publish also where the recipe does not say so
     * @return empty if neither asks for it
     * @throws io.millrace.model.InvalidModelException if the checkpoint does not pass a check, or has collapsed
     * @throws io.grpc.StatusRuntimeException with what the registry says, or UNAVAILABLE if it does not answer
     * @throws IOException if a file cannot be read
     */
    public Optional<PublishModelResponse> publish(TrainingPlan.Phase phase, RunOutcome outcome, boolean asked)
            throws IOException, InterruptedException {
        Recipe recipe = phase.run().recipe();
        if (outcome.checkpoint().isEmpty() || (recipe.publish().isEmpty() && !asked)) {
            return Optional.empty();
        }
        PublishRecipe how = recipe.publish().orElseGet(() -> PublishRecipe.of(recipe.name()));
        Publication.Story story = new Publication.Story(
                Provenance.json(phase, outcome, software),
                how.license().isPresent() ? Files.readString(how.license().get()) : "",
                how.parent());
        Publication publication = new Publication(outcome.checkpoint().get(), how.name(), List.of(), story);
        PreparedModel prepared =
                new ModelPreparation(golden(how), PublishCheck.ALWAYS, inspection(recipe, how)).prepare(publication);
        try (RegistryClient client = RegistryClient.connect(coordinator)) {
            return Optional.of(new ModelPublisher(client, listener).publish(prepared));
        }
    }

    private static GoldenTextList golden(PublishRecipe how) throws IOException {
        if (how.golden().isEmpty()) {
            return GoldenTextList.usual();
        }
        return new JsonMapper().readValue(how.golden().get().toFile(), GoldenTextList.class);
    }

    /** By the collection that is named, else by the validation, which then is measured by its metric, too. */
    private static Inspection inspection(Recipe recipe, PublishRecipe how) {
        Optional<EvaluatedCollection> validation = recipe.validation().map(judged -> {
            List<Metric> metrics = new ArrayList<>(EvaluatedCollection.METRICS);
            if (!metrics.contains(judged.metric())) {
                metrics.addFirst(judged.metric());
            }
            return new EvaluatedCollection(judged.folder(), judged.split(), metrics);
        });
        return new Inspection(how.evaluation().or(() -> validation), how.gate());
    }
}
