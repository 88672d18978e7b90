package io.millrace.trainer.recipe;

import io.millrace.service.registry.ModelName;
import io.millrace.trainer.telemetry.SparsityGate;
import io.millrace.trainer.validation.EvaluatedCollection;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a run's checkpoint is published.
 *
 * @param name of the published model
 * @param golden file of golden texts, JSON with {@code queries} and {@code documents}; empty for the usual ones
 * @param evaluation what it is measured by; empty for the validation, if there is one
 * @param gate limits of its sparsity; empty where the gate is off
 * @param license file of the licence of the weights; empty for what the checkpoint has
 * @param parent published model that it was trained from; empty if there is none
 */
public record PublishRecipe(
        String name,
        Optional<Path> golden,
        Optional<EvaluatedCollection> evaluation,
        Optional<SparsityGate> gate,
        Optional<Path> license,
        Optional<ModelName> parent) {
    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if no model can have it
     */
    public PublishRecipe {
        name = new ModelName(name, 0).name();
    }

    /** Under a name, and all else as usual. */
    public static PublishRecipe of(String name) {
        return new PublishRecipe(
                name,
                Optional.empty(),
                Optional.empty(),
                Optional.of(SparsityGate.DEFAULT),
                Optional.empty(),
                Optional.empty());
    }
}
