package io.millrace.trainer.recipe;

import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.learning.AdamW;
import io.millrace.model.learning.LearningOptions;
import io.millrace.trainer.schedule.LearningRate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a run is to do.
 *
 * @param name of the checkpoint that comes out
 * @param base directory of the checkpoint that it begins with
 * @param contract a {@code millrace.json} that says how the base is read, in place of its own; empty for its own
 * @param reading what of that is changed
 * @param seed decides every order and every draw
 * @param steps optimiser steps
 * @param batch what a step encodes
 * @param learning what of the model is learned, and how
 * @param task what is learned
 * @param validation what the checkpoints are judged by; empty to keep the last one
 * @param publish how the checkpoint is published; empty where it is not, unless whoever runs it asks
 * @param keeping what is written when
 */
public record Recipe(
        String name,
        Path base,
        Optional<Path> contract,
        Reading reading,
        long seed,
        long steps,
        Batch batch,
        Learning learning,
        Task task,
        Optional<ValidationRecipe> validation,
        Optional<PublishRecipe> publish,
        Keeping keeping) {

    /**
     * The checkpoint to begin with, read and cut as the recipe says.
     *
     * @throws io.millrace.model.InvalidModelException if it is damaged, or cannot be read so
     * @throws IOException if a file cannot be read
     */
    public Checkpoint checkpoint() throws IOException {
        Checkpoint begun = contract.isPresent()
                ? Checkpoint.open(
                        base, EncodingContract.parse(contract.get().toString(), Files.readString(contract.get())))
                : Checkpoint.open(base);
        EncodingContract read = reading.applied(begun.contract());
        EncodingContract cut = new EncodingContract(
                name,
                batch.queryTokens() == 0 ? read.query() : read.query().withMaxTokens(batch.queryTokens()),
                batch.documentTokens() == 0 ? read.document() : read.document().withMaxTokens(batch.documentTokens()),
                read.digests());
        return begun.withContract(cut);
    }

    /**
     * What a step encodes.
     *
     * @param queries queries of a batch, Q, or sequences
     * @param accumulate batches whose gradients make up one step
     * @param queryTokens longest query, 0 for what the checkpoint says
     * @param documentTokens longest document, 0 for what the checkpoint says
     * @param cached whether results are computed again on the way back instead of being remembered, so that memory does not
     *     grow with the batch (GradCache)
     */
    public record Batch(int queries, int accumulate, int queryTokens, int documentTokens, boolean cached) {}

    /**
     * What of the model is learned, and how.
     *
     * @param optimizer its numbers
     * @param rate learning rate by step
     * @param options what is learned of it, and what is left out by chance; on one lane
     */
    public record Learning(AdamW optimizer, LearningRate rate, LearningOptions options) {}

    /**
     * What is written when.
     *
     * @param every steps between saved states, from which a run goes on
     * @param states how many of them are kept
     * @param report steps between lines of the log
     */
    public record Keeping(long every, int states, long report) {}

    /**
     * Reads a text.
     *
     * @param source the text, and where it comes from
     * @throws InvalidRecipeException if it says something that cannot be done
     */
    public static Recipe parse(RecipeSource source) {
        return new RecipeParser(source.paths()).recipe(new Fields(source.name(), source.tree()));
    }

    /** The same in another environment. */
    static Recipe parse(RecipeSource source, Function<String, Optional<String>> environment) {
        return parse(
                new RecipeSource(source.name(), source.tree(), source.paths().with(environment)));
    }
}
