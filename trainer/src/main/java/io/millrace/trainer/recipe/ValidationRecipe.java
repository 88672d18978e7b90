package io.millrace.trainer.recipe;

import io.millrace.evaluation.Metric;
import java.nio.file.Path;

/**
 * What checkpoints are judged by.
 *
 * @param folder a collection in BEIR's layout, of which all documents are encoded each time
 * @param split of its judgements
 * @param every steps between judgements
 * @param metric by which the best is chosen
 * @param patience judgements without a better one after which the run ends early; 0 for never
 * @param queries most queries that are asked, the first ones; 0 for all
 */
public record ValidationRecipe(Path folder, String split, long every, Metric metric, int patience, int queries) {}
