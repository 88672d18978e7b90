package io.millrace.deploy.lab;

import io.millrace.trainer.recipe.RecipePaths;
import io.millrace.trainer.recipe.RecipeSource;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The lab's trainings as recipes, which {@code millrace train} takes as well.
 *
 * @param plan what is done
 * @param data folder of the texts
 */
record LabRecipes(LabPlan plan, Path data) {
    /**
     * Next-token training.
     *
     * @param rectified weight of the cross-entropy of log(1 + ReLU(logits)): 1 in CSPLADE's adaptation, 0 without it
     */
    RecipeSource language(String name, Path base, int seed, int steps, double rectified) {
        LabPlan.Language language = plan.language();
        return source(
                name,
                String.format(
                        Locale.ROOT,
                        """
                name: %s
                base: %s
                task: adaptation
                reading: {mode: causal}
                seed: %d
                steps: %d
                batch: {queries: %d}
                optimizer: {rate: %s, schedule: cosine, warmup-steps: %d}
                adaptation: {passages: %s, sequence-tokens: %d, rectified-weight: %s}
                keep: {every: %d, states: 1, report: 10}
                """,
                        name,
                        quoted(base),
                        seed,
                        steps,
                        language.batch(),
                        language.rate(),
                        steps / 10,
                        quoted(data.resolve("passages.jsonl")),
                        language.tokens(),
                        rectified,
                        steps));
    }

    /** Contrastive training with in-batch negatives and FLOPS, as CSPLADE's second phase. */
    RecipeSource ranking(Trial trial, Path base) {
        LabPlan.Ranking ranking = plan.ranking();
        // The last judgement is that of the last step.
        return source(
                trial.name(),
                String.format(
                        Locale.ROOT,
                        """
                name: %s
                base: %s
                reading: {mode: %s}
                seed: %d
                steps: %d
                batch: {queries: %d, query-tokens: %d, document-tokens: %d}
                candidates: {group: 1}
                optimizer: {rate: %s, schedule: linear, warmup-steps: %d}
                loss:
                  - {kind: info-nce, in-batch: all}
                penalties:
                  - {side: queries, kind: flops, lambda: %s, ramp-steps: %d}
                  - {side: documents, kind: flops, lambda: %s, ramp-steps: %d}
                data:
                  - {kind: beir, folder: %s, split: train}
                validation: {folder: %s, split: dev, every: %d, metric: mrr@10}
                keep: {every: %d, states: 1, report: 5}
                """,
                        trial.name(),
                        quoted(base),
                        trial.mode().name().toLowerCase(Locale.ROOT),
                        trial.seed(),
                        ranking.steps(),
                        ranking.queries(),
                        ranking.tokens(),
                        ranking.tokens(),
                        trial.rate(),
                        // CSPLADE's 5 %.
                        ranking.steps() / 20,
                        trial.lambda(),
                        ranking.steps() / 3,
                        trial.lambda(),
                        ranking.steps() / 3,
                        quoted(data.resolve("learned")),
                        quoted(data.resolve("held-out")),
                        ranking.judged(),
                        ranking.steps()));
    }

    private RecipeSource source(String name, String text) {
        return RecipeSource.parse(text, name, RecipePaths.local(data)).getFirst();
    }

    /** A path as YAML's quoted text. */
    private static String quoted(Path path) {
        return "'" + path.toAbsolutePath().toString().replace("'", "''") + "'";
    }
}
