package io.millrace.trainer.data.stream;

import io.millrace.trainer.data.TrainingBatch;
import io.millrace.trainer.data.TrainingExample;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Batches of an {@link ExampleStream}, all of the same size: one may begin in one epoch and end in the next. Each says
 * where the stream goes on behind it, so that a trainer which keeps that with its checkpoint loses nothing to reading
 * ahead. For one thread.
 */
public final class BatchStream implements BatchSource {
    private final ExampleStream examples;
    private final int queries;

    /**
     * Batches of so many queries, Q.
     *
     * @throws IllegalArgumentException if there would be none in a batch
     */
    public BatchStream(ExampleStream examples, int queries) {
        if (queries < 1) {
            throw new IllegalArgumentException("a batch of " + queries + " queries is none; give 1 or more");
        }
        this.examples = examples;
        this.queries = queries;
    }

    @Override
    public TrainingBatch next() throws IOException {
        List<TrainingExample> batch = new ArrayList<>(queries);
        while (batch.size() < queries) {
            batch.add(examples.next());
        }
        return new TrainingBatch(batch, examples.cursor());
    }
}
