package io.millrace.trainer.run;

import io.millrace.model.learning.LearningModel;
import io.millrace.trainer.data.Cursor;
import io.millrace.trainer.data.TrainingBatch;
import io.millrace.trainer.data.pool.GroupSampler;
import io.millrace.trainer.data.stream.BatchStream;
import io.millrace.trainer.data.stream.ExampleStream;
import io.millrace.trainer.data.stream.Prefetch;
import io.millrace.trainer.objective.Objective;
import io.millrace.trainer.objective.StepObjective;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.trainer.recipe.Task;
import io.millrace.trainer.regularizer.DfFlops;
import io.millrace.trainer.regularizer.DocumentFrequencies;
import io.millrace.vector.SparseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** Learns to rank documents for queries. */
final class RankingLesson implements Lesson {
    /** Batches read ahead of the step. */
    private static final int AHEAD = 4;

    private final TrainingStep work;
    private final DataSources.Opened data;
    private final Prefetch batches;
    private Objective objective;
    private Optional<DocumentFrequencies> frequencies;

    private RankingLesson(
            Objective objective,
            TrainingStep work,
            DataSources.Opened data,
            Prefetch batches,
            Optional<DocumentFrequencies> frequencies) {
        this.objective = frequencies.map(objective::withFrequencies).orElse(objective);
        this.frequencies = frequencies;
        this.work = work;
        this.data = data;
        this.batches = batches;
    }

    /**
     * Opens the data and starts to read ahead.
     *
     * @param from where the run goes on; empty to begin
     * @param lanes threads that compute
     */
    static RankingLesson open(
            Task.Ranking task, LearningModel model, Recipe recipe, Path stores, Optional<RunState> from, int lanes)
            throws IOException {
        DataSources.Opened data = DataSources.open(task.data(), stores);
        Optional<FloorPress> floors = Optional.empty();
        try {
            if (task.floors().isPresent()) {
                floors = Optional.of(FloorPress.open(task.floors().get(), model.checkpoint(), lanes, stores));
            }
            GroupSampler sampler = new GroupSampler(task.sampling());
            Optional<Cursor> cursor = from.flatMap(RunState::place);
            ExampleStream examples = cursor.isPresent()
                    ? new ExampleStream(data.pools(), sampler, cursor.get())
                    : ExampleStream.start(data.pools(), sampler, recipe.seed());
            Prefetch batches =
                    Prefetch.start(new BatchStream(examples, recipe.batch().queries()), AHEAD);
            return new RankingLesson(
                    task.objective(),
                    new TrainingStep(model, recipe, floors),
                    data,
                    batches,
                    from.flatMap(RunState::counted));
        } catch (IOException | RuntimeException e) {
            floors.ifPresent(FloorPress::close);
            data.close();
            throw e;
        }
    }

    @Override
    public void prepare(long step, Supplier<SparseMatrix> sample) {
        if (objective.wantsFrequencies(step, DfFlops.REFRESH_STEPS)) {
            DocumentFrequencies counted = DocumentFrequencies.of(sample.get());
            frequencies = Optional.of(counted);
            objective = objective.withFrequencies(counted);
        }
    }

    @Override
    public Optional<DocumentFrequencies> frequencies() {
        return frequencies;
    }

    @Override
    public Taught learn(long step, int part, double scale) throws IOException {
        TrainingBatch batch = batches.next();
        StepObjective result = work.learn(batch, objective, step, part, scale);
        return new Taught(
                result.total(),
                result.terms(),
                Optional.of(result.statistics()),
                batch.queries() * (1L + batch.groupSize()),
                batch.after());
    }

    @Override
    public void close() throws IOException {
        batches.close();
        data.close();
        work.floors().ifPresent(FloorPress::close);
    }
}
