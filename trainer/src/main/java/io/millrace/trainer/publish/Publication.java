package io.millrace.trainer.publish;

import io.millrace.service.registry.ModelName;
import io.millrace.v1.EvaluationFigure;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What is to be published, beside what its folder says itself.
 *
 * @param folder checkpoint or lexical model
 * @param name to publish it under
 * @param evaluation what it reached
 * @param story where it comes from
 */
public record Publication(Path folder, String name, List<EvaluationFigure> evaluation, Story story) {
    /**
     * Where a model comes from.
     *
     * @param trainingJson recipe, seed, digests of the data, command; empty = not said
     * @param license of the weights, as text; empty = what the folder has in LICENSE, else not said
     * @param parent version it was trained from
     */
    public record Story(String trainingJson, String license, Optional<ModelName> parent) {
        /** Nothing said. */
        public static final Story UNKNOWN = new Story("", "", Optional.empty());
    }

    /**
     * Checks the name, before anything is computed.
     *
     * @throws IllegalArgumentException if it cannot be one
     */
    public Publication {
        ModelName checked = new ModelName(name, 0);
        name = checked.name();
        evaluation = List.copyOf(evaluation);
    }

    /** A folder under a name, and nothing more. */
    public static Publication of(Path folder, String name) {
        return new Publication(folder, name, List.of(), Story.UNKNOWN);
    }
}
