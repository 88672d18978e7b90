package io.millrace.trainer.serve;

import io.millrace.trainer.run.TrainingPlan;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What the program gives the trainer that it does not know itself.
 *
 * @param presets contracts of published kinds of models
 * @param reports draws a run's curves
 * @param software name and version of the program, for manifests
 */
public record TrainerParts(TrainingPlan.Presets presets, Reports reports, String software) {
    /** Draws what a run's log says. */
    @FunctionalInterface
    public interface Reports {
        /**
         * Writes a report into a run's folder.
         *
         * @param name of the checkpoint
         */
        void write(Path folder, String name) throws IOException;
    }
}
