package io.millrace.trainer.run;

import io.millrace.model.TextRole;
import io.millrace.model.learning.Draw;
import io.millrace.model.learning.Encoding;
import io.millrace.model.learning.LearningModel;
import io.millrace.model.learning.Remember;
import io.millrace.trainer.batch.TrainingVectors;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.TrainingBatch;
import io.millrace.trainer.data.TrainingExample;
import io.millrace.trainer.loss.DocumentIds;
import io.millrace.trainer.loss.Supervision;
import io.millrace.trainer.objective.Objective;
import io.millrace.trainer.objective.Penalty;
import io.millrace.trainer.objective.StepObjective;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.vector.InvalidVectorException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One batch there and back: texts, vectors, objective, gradients of all weights.
 *
 * @param model being learned
 * @param recipe what is to be done
 * @param floors what holds up the weights of texts' own tokens; empty for nothing
 */
record TrainingStep(LearningModel model, Recipe recipe, Optional<FloorPress> floors) {
    /**
     * Adds the gradients of a batch.
     *
     * @param step steps taken before this one
     * @param part which batch of the step
     * @param scale factor of the gradients: one over the batches of a step
     * @throws DivergedException if a vector or a gradient is not finite
     */
    StepObjective learn(TrainingBatch batch, Objective objective, long step, int part, double scale) {
        Optional<Draw> draw =
                Optional.of(new Draw(recipe.seed(), step * recipe.batch().accumulate() + part));
        Remember remember = recipe.batch().cached() ? Remember.VECTORS : Remember.RESULTS;
        List<int[]> asked = model.tokenize(batch.queryTexts(), TextRole.QUERY);
        List<int[]> candidates = model.tokenize(batch.candidateTexts(), TextRole.DOCUMENT);
        try (Encoding queries = model.encode(asked, TextRole.QUERY, draw, remember);
                Encoding documents = model.encode(candidates, TextRole.DOCUMENT, draw, remember)) {
            TrainingVectors vectors = new TrainingVectors(queries.vectors(), documents.vectors(), batch.groupSize());
            StepObjective result = objective.evaluate(vectors, supervision(batch), step, scale);
            if (!result.isFinite()) {
                throw new DivergedException("the objective of step " + (step + 1) + " is " + result.total()
                        + ", or a gradient of it is not finite: " + result.terms()
                        + "; lower the learning rate, or the weight of the term that is out of bounds");
            }
            if (floors.isEmpty()) {
                queries.backward(result.queryGradient());
                documents.backward(result.documentGradient());
                return result;
            }
            FloorPress press = floors.get();
            FloorPress.Pressed ofQueries =
                    press.press(Penalty.Side.QUERIES, asked, queries.vectors(), result.queryGradient(), step, scale);
            FloorPress.Pressed ofDocuments = press.press(
                    Penalty.Side.DOCUMENTS, candidates, documents.vectors(), result.documentGradient(), step, scale);
            queries.backward(result.queryGradient(), ofQueries.missing());
            documents.backward(result.documentGradient(), ofDocuments.missing());
            return result.with(Stream.of(ofQueries, ofDocuments)
                    .flatMap(pressed -> pressed.term().stream())
                    .toList());
        } catch (InvalidVectorException e) {
            throw new DivergedException(
                    "vectors of step " + (step + 1) + " are no numbers any more: " + e.getMessage()
                            + "; lower the learning rate, or warm up longer",
                    e);
        }
    }

    private static Supervision supervision(TrainingBatch batch) {
        double @Nullable [] teacher = null;
        if (batch.scored()) {
            float[] scores = batch.scores();
            teacher = new double[scores.length];
            for (int i = 0; i < scores.length; i++) {
                teacher[i] = scores[i];
            }
        }
        return new Supervision(teacher, ids(batch));
    }

    /** Documents by id, or by text where they have none, so that a text that is there twice is one. */
    private static DocumentIds ids(TrainingBatch batch) {
        List<String> documents = new ArrayList<>();
        List<Collection<String>> positives = new ArrayList<>();
        for (TrainingExample example : batch.examples()) {
            example.candidates().forEach(candidate -> documents.add(identity(candidate)));
            positives.add(example.relevant().stream().map(id -> "id " + id).toList());
        }
        return new DocumentIds(documents, positives);
    }

    private static String identity(Passage passage) {
        return passage.id().isEmpty() ? "text " + passage.text() : "id " + passage.id();
    }
}
