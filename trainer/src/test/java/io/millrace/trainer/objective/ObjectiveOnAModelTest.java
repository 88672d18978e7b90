package io.millrace.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.TextRole;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.learning.AdamW;
import io.millrace.model.learning.Draw;
import io.millrace.model.learning.Encoding;
import io.millrace.model.learning.LearningModel;
import io.millrace.model.learning.LearningOptions;
import io.millrace.model.learning.Optimizer;
import io.millrace.model.learning.Remember;
import io.millrace.trainer.batch.TrainingVectors;
import io.millrace.trainer.loss.InfoNce;
import io.millrace.trainer.loss.LossMixture;
import io.millrace.trainer.loss.Supervision;
import io.millrace.trainer.regularizer.Flops;
import io.millrace.trainer.schedule.LearningRate;
import io.millrace.trainer.schedule.Ramp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** From texts to a better model: the objective's slopes through the real model in {@code models/splade-tiny}. */
class ObjectiveOnAModelTest {
    private static final List<String> QUERIES = List.of("capital of france", "largest ocean", "who wrote hamlet");
    /** For each query a document that does not answer it, in the place of the positive, and one that does. */
    private static final List<String> DOCUMENTS = List.of(
            "Hamlet is a tragedy by William Shakespeare.",
            "Paris is the capital of France.",
            "Paris is the capital of France.",
            "The Pacific is the largest ocean on Earth.",
            "The Pacific is the largest ocean on Earth.",
            "Hamlet is a tragedy by William Shakespeare.");

    private static final int STEPS = 6;

    @Test
    void theModelLearnsWhatTheBatchSaysAndTheSameRunGivesTheSameBits() throws IOException {
        List<StepObjective> run = learn();

        double first = run.getFirst().terms().getFirst().value();
        double last = run.getLast().terms().getFirst().value();
        assertThat(last).isLessThan(0.5 * first);
        assertThat(run).allMatch(StepObjective::isFinite);
        assertThat(learn())
                .extracting(StepObjective::total)
                .isEqualTo(run.stream().map(StepObjective::total).toList());
    }

    private static List<StepObjective> learn() throws IOException {
        Objective objective = new Objective(
                LossMixture.of(new InfoNce()),
                List.of(
                        new Penalty(
                                Penalty.Side.QUERIES,
                                new Flops(),
                                1e-3,
                                new Ramp(Ramp.Shape.QUADRATIC, STEPS, Ramp.Counting.LSR)),
                        new Penalty(
                                Penalty.Side.DOCUMENTS,
                                new Flops(),
                                1e-3,
                                new Ramp(Ramp.Shape.QUADRATIC, STEPS, Ramp.Counting.LSR))));
        LearningRate rate = new LearningRate(LearningRate.Decay.LINEAR, 5e-4, 1, STEPS);
        List<StepObjective> run = new ArrayList<>();
        try (LearningModel model = LearningModel.open(
                        Checkpoint.open(Path.of("../models/splade-tiny")), LearningOptions.whole(1));
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            for (int step = 0; step < STEPS; step++) {
                Optional<Draw> draw = Optional.of(new Draw(1, step));
                try (Encoding queries = model.encode(
                                model.tokenize(QUERIES, TextRole.QUERY), TextRole.QUERY, draw, Remember.RESULTS);
                        Encoding documents = model.encode(
                                model.tokenize(DOCUMENTS, TextRole.DOCUMENT),
                                TextRole.DOCUMENT,
                                draw,
                                Remember.RESULTS)) {
                    StepObjective evaluated = objective.evaluate(
                            new TrainingVectors(queries.vectors(), documents.vectors(), 2), Supervision.NONE, step);
                    queries.backward(evaluated.queryGradient());
                    documents.backward(evaluated.documentGradient());
                    run.add(evaluated);
                }
                optimizer.step(rate.at(step));
            }
        }
        return run;
    }
}
