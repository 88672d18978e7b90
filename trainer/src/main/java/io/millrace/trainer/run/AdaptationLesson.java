package io.millrace.trainer.run;

import io.millrace.model.TextRole;
import io.millrace.model.learning.Draw;
import io.millrace.model.learning.LanguageLoss;
import io.millrace.model.learning.LearningModel;
import io.millrace.trainer.data.Cursor;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.format.PassageStore;
import io.millrace.trainer.data.format.PassageSyntax;
import io.millrace.trainer.data.stream.EpochOrder;
import io.millrace.trainer.objective.ObjectiveTerm;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.trainer.recipe.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Learns to predict the next token. A sequence is whole passages one behind the other, in the order of the epoch, the last one
 * cut where the sequence is full; the next begins with the passage after it, so that a place in the order says it all.
 */
final class AdaptationLesson implements Lesson {
    private final Task.Adaptation task;
    private final LearningModel model;
    private final Recipe recipe;
    private final PassageStore passages;
    private Cursor cursor;
    private EpochOrder order;

    private AdaptationLesson(
            Task.Adaptation task, LearningModel model, Recipe recipe, PassageStore passages, Cursor cursor) {
        this.task = task;
        this.model = model;
        this.recipe = recipe;
        this.passages = passages;
        this.cursor = cursor;
        this.order = new EpochOrder(cursor.seed(), cursor.epoch(), passages.size());
    }

    /**
     * Opens the passages.
     *
     * @param state where the run goes on; empty to begin
     */
    static AdaptationLesson open(
            Task.Adaptation task, LearningModel model, Recipe recipe, Path stores, Optional<RunState> state)
            throws IOException {
        Optional<Cursor> from = state.flatMap(RunState::place);
        PassageStore passages = PassageStore.open(
                task.passages(),
                stores,
                PassageSyntax.ofName(String.valueOf(task.passages().getFileName())),
                task.repair());
        String source = passages.digest() + "/" + task.sequenceTokens();
        boolean other = from.isPresent() && !from.get().source().equals(source);
        if (passages.size() == 0 || other) {
            passages.close();
            throw new IllegalArgumentException(task.passages()
                    + (other
                            ? " is not what the run began with; give it the same passages and sequence-tokens, or another folder"
                            : " has no passages"));
        }
        return new AdaptationLesson(task, model, recipe, passages, from.orElse(Cursor.start(recipe.seed(), source)));
    }

    @Override
    public Taught learn(long step, int part, double scale) throws IOException {
        List<int[]> sequences = new ArrayList<>();
        long texts = 0;
        for (int i = 0; i < recipe.batch().queries(); i++) {
            List<int[]> pieces = new ArrayList<>();
            int tokens = 0;
            for (int tries = 0; tokens < task.sequenceTokens() && tries < task.sequenceTokens(); tries++) {
                Optional<Passage> passage = next();
                if (passage.isPresent()) {
                    int[] piece = model.tokenize(List.of(passage.get().text()), TextRole.DOCUMENT)
                            .getFirst();
                    pieces.add(piece);
                    tokens += piece.length;
                    texts++;
                }
            }
            sequences.add(joined(pieces, Math.min(tokens, task.sequenceTokens())));
        }
        Draw draw = new Draw(recipe.seed(), step * recipe.batch().accumulate() + part);
        LanguageLoss loss = model.learnLanguage(sequences, task.weights(), Optional.of(draw), scale);
        double total = task.weights().plain() * loss.plain() + task.weights().rectified() * loss.rectified();
        if (!Double.isFinite(total)) {
            throw new DivergedException(
                    "the loss of step " + (step + 1) + " is " + total + "; lower the learning rate, or warm up longer");
        }
        return new Taught(
                total,
                List.of(
                        new ObjectiveTerm(
                                "cross_entropy", loss.plain(), task.weights().plain()),
                        new ObjectiveTerm(
                                "rectified_cross_entropy",
                                loss.rectified(),
                                task.weights().rectified())),
                Optional.empty(),
                texts,
                cursor);
    }

    /** The next passage, if there is one at its place. */
    private Optional<Passage> next() throws IOException {
        if (cursor.position() == passages.size()) {
            cursor = new Cursor(cursor.seed(), cursor.epoch() + 1, 0, cursor.source());
            order = new EpochOrder(cursor.seed(), cursor.epoch(), passages.size());
        }
        Optional<Passage> passage = passages.at(order.at(cursor.position()));
        cursor = new Cursor(cursor.seed(), cursor.epoch(), cursor.position() + 1, cursor.source());
        return passage;
    }

    private static int[] joined(List<int[]> pieces, int tokens) {
        int[] sequence = new int[tokens];
        int at = 0;
        for (int[] piece : pieces) {
            int some = Math.min(piece.length, tokens - at);
            System.arraycopy(piece, 0, sequence, at, some);
            at += some;
        }
        return Arrays.copyOf(sequence, at);
    }

    @Override
    public void close() {
        passages.close();
    }
}
