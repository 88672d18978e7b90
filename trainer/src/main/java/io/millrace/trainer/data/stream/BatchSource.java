package io.millrace.trainer.data.stream;

import io.millrace.trainer.data.TrainingBatch;
import java.io.IOException;

/** Gives batches, one after the other, without end. For one thread. */
@FunctionalInterface
public interface BatchSource {
    /**
     * The next batch.
     *
     * @throws IOException if data cannot be read or are not as they must be
     */
    TrainingBatch next() throws IOException;
}
