package io.millrace.trainer.run;

import io.millrace.trainer.data.Cursor;
import io.millrace.trainer.objective.BatchStatistics;
import io.millrace.trainer.objective.ObjectiveTerm;
import io.millrace.trainer.regularizer.DocumentFrequencies;
import io.millrace.vector.SparseMatrix;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Batches of a task, one after the other, whose gradients are added to the model's. For one thread. */
interface Lesson extends Closeable {
    /**
     * What a batch was.
     *
     * @param loss what is minimised
     * @param terms what it is the sum of
     * @param statistics how sparse the vectors are; empty where there are none
     * @param texts that were read
     * @param after where the data go on
     */
    record Taught(
            double loss, List<ObjectiveTerm> terms, Optional<BatchStatistics> statistics, long texts, Cursor after) {
        /** Copies the list. */
        public Taught {
            terms = List.copyOf(terms);
        }
    }

    /**
     * Readies a step.
     *
     * @param step steps taken before it
     * @param sample vectors of sample documents as the model gives them now
     */
    default void prepare(long step, Supplier<SparseMatrix> sample) {}

    /** In how many sample documents terms occurred, where the task counts them: part of the run's state. */
    default Optional<DocumentFrequencies> frequencies() {
        return Optional.empty();
    }

    /**
     * Adds the gradients of the next batch.
     *
     * @param step steps taken before this one
     * @param part which batch of the step
     * @param scale factor of the gradients: one over the batches of a step
     * @throws DivergedException if a number is not finite
     * @throws IOException if data cannot be read
     */
    Taught learn(long step, int part, double scale) throws IOException;
}
