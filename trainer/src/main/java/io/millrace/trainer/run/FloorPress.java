package io.millrace.trainer.run;

import io.millrace.model.TextRole;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.head.learned.MissingTerms;
import io.millrace.model.learning.Encoding;
import io.millrace.model.learning.LearningModel;
import io.millrace.model.learning.LearningOptions;
import io.millrace.model.learning.Remember;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.format.PassageStore;
import io.millrace.trainer.data.format.PassageSyntax;
import io.millrace.trainer.data.format.TextRepair;
import io.millrace.trainer.lexical.LexicalFloor;
import io.millrace.trainer.lexical.LexicalFloors;
import io.millrace.trainer.lexical.OwnTokens;
import io.millrace.trainer.lexical.TokenStatistics;
import io.millrace.trainer.objective.ObjectiveTerm;
import io.millrace.trainer.objective.Penalty;
import io.millrace.trainer.recipe.InvalidRecipeException;
import io.millrace.vector.SparseMatrix;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Holds up the weights of texts' own tokens, measured by the model as it was before its first step. For one thread. */
final class FloorPress implements Closeable {
    /** Documents that are counted at most: their shares are known well enough by then. */
    private static final long COUNTED = 200_000;

    private final LexicalFloors floors;
    private final LearningModel first;
    private final TokenStatistics statistics;

    private FloorPress(LexicalFloors floors, LearningModel first, TokenStatistics statistics) {
        this.floors = floors;
        this.first = first;
        this.statistics = statistics;
    }

    /**
     * What a floor adds to a step.
     *
     * @param term of the objective; empty where the side has no floor
     * @param missing gradients of terms that vectors lack
     */
    record Pressed(Optional<ObjectiveTerm> term, List<MissingTerms> missing) {}

    /**
     * Counts tokens, and loads the model that weights are measured by.
     *
     * @param base checkpoint that the run begins with, read as the run reads it
     * @param lanes threads that compute
     * @param stores folder of the stores
     */
    static FloorPress open(LexicalFloors floors, Checkpoint base, int lanes, Path stores) throws IOException {
        LearningModel first = LearningModel.open(base, LearningOptions.whole(lanes));
        try {
            for (LexicalFloor floor : floors.floors()) {
                if (!first.bringsBack(role(floor.side()))) {
                    throw new InvalidRecipeException("a lexical floor needs a head that takes the maximum of a language"
                            + " model's logits, and that of " + role(floor.side())
                            + " is another; leave the floor out");
                }
            }
            return new FloorPress(floors, first, count(floors.documents(), first, stores));
        } catch (IOException | RuntimeException e) {
            first.close();
            throw e;
        }
    }

    private static TokenStatistics count(Path file, LearningModel model, Path stores) throws IOException {
        TokenStatistics.Counter counter = new TokenStatistics.Counter(model.columns(TextRole.DOCUMENT));
        try (PassageStore documents = PassageStore.open(
                file, stores, PassageSyntax.ofName(String.valueOf(file.getFileName())), TextRepair.NONE)) {
            long stride = Math.max(1, documents.size() / COUNTED);
            for (long at = 0; at < documents.size(); at += stride) {
                Optional<Passage> document = documents.at(at);
                if (document.isPresent()) {
                    counter.add(model.tokenize(List.of(document.get().text()), TextRole.DOCUMENT)
                            .getFirst());
                }
            }
        }
        return counter.statistics();
    }

    private static TextRole role(Penalty.Side side) {
        return switch (side) {
            case QUERIES -> TextRole.QUERY;
            case DOCUMENTS -> TextRole.DOCUMENT;
        };
    }

    /**
     * Adds a side's gradients.
     *
     * @param texts token ids
     * @param vectors of the texts as they are now
     * @param gradient of each of their weights, which is added to
     * @param step steps taken before this one
     * @param scale factor of the gradients
     */
    Pressed press(
            Penalty.Side side, List<int[]> texts, SparseMatrix vectors, float[] gradient, long step, double scale) {
        Optional<LexicalFloor> found = floors.of(side);
        if (found.isEmpty()) {
            return new Pressed(Optional.empty(), Collections.nCopies(texts.size(), MissingTerms.NONE));
        }
        LexicalFloor floor = found.get();
        double lambda = floor.lambdaAt(step);
        List<OwnTokens> own = texts.stream().map(OwnTokens::of).toList();
        List<float[]> before = first.weights(
                texts, role(side), own.stream().map(OwnTokens::tokens).toList());
        SparseMatrix began = floor.anchor() > 0 ? began(texts, role(side)) : vectors;
        LexicalFloor.Pressed pressed = floor.press(own, vectors, before, began, statistics, lambda * scale, gradient);
        return new Pressed(Optional.of(new ObjectiveTerm(floor.name(), pressed.value(), lambda)), pressed.missing());
    }

    private SparseMatrix began(List<int[]> texts, TextRole role) {
        try (Encoding encoding = first.encode(texts, role, Optional.empty(), Remember.NOTHING)) {
            return encoding.vectors();
        }
    }

    @Override
    public void close() {
        first.close();
    }
}
