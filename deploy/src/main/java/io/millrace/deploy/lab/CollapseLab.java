package io.millrace.deploy.lab;

import io.millrace.model.TextRole;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.learning.Encoding;
import io.millrace.model.learning.LearningModel;
import io.millrace.model.learning.LearningOptions;
import io.millrace.model.learning.Remember;
import io.millrace.trainer.recipe.RecipeSource;
import io.millrace.trainer.run.DivergedException;
import io.millrace.trainer.run.RunControl;
import io.millrace.trainer.run.TrainingRun;
import io.millrace.trainer.telemetry.SparsityReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Whether a decoder that is contrasted with a sparse head collapses, and whether CSPLADE's adaptation helps (Xu et al. 2025,
 * arXiv:2504.10816, §3.1). For each seed: random weights; training to predict the next token; then as many steps again in each
 * of two arms, by plain cross-entropy alone and by that of rectified logits too; then contrastive training of each arm in every
 * setting. A lab that was stopped goes on when it is run again.
 */
final class CollapseLab {
    private final LabPlan plan;
    private final Path folder;
    private final int threads;
    private final Consumer<String> listener;

    /**
     * A lab.
     *
     * @param folder of its texts and runs
     * @param threads that compute
     * @param listener hears what is being done
     */
    CollapseLab(LabPlan plan, Path folder, int threads, Consumer<String> listener) {
        this.plan = plan;
        this.folder = folder;
        this.threads = threads;
        this.listener = listener;
    }

    /**
     * What came out.
     *
     * @param starts what vectors look like before they are contrasted
     * @param courses of all trials
     */
    record Outcome(List<Beginning> starts, List<Course> courses) {
        /** Copies the lists. */
        Outcome {
            starts = List.copyOf(starts);
            courses = List.copyOf(courses);
        }
    }

    /**
     * An arm before it is contrasted.
     *
     * @param arm which one
     * @param seed of it
     * @param sparsity of the held-out texts, read causally
     */
    record Beginning(Trial.Arm arm, int seed, SparsityReport sparsity) {}

    Outcome run() throws IOException, InterruptedException {
        listener.accept("reading WordNet");
        LabPlan.Corpus corpus = plan.corpus();
        DictionaryTask task = DictionaryTask.read(corpus.entries(), corpus.heldOut());
        Path data = folder.resolve("texts-" + corpus.entries() + "-" + corpus.heldOut());
        if (!Files.exists(data)) {
            // Under another name until it is whole. What is there is not touched, or indexes of it would be made anew.
            Path part = folder.resolve("texts.part");
            task.write(part);
            Files.move(part, data);
        }
        listener.accept("learning a vocabulary of " + corpus.vocabulary() + " pieces");
        BytePairs vocabulary = BytePairs.learn(task.readable(), corpus.vocabulary());
        if (vocabulary.size() < corpus.vocabulary()) {
            throw new IllegalArgumentException("--vocabulary is " + corpus.vocabulary() + ", but " + corpus.entries()
                    + " entries have " + vocabulary.size() + " pieces that occur twice; ask for fewer, or read more");
        }
        LabRecipes recipes = new LabRecipes(plan, data);
        List<Beginning> starts = new ArrayList<>();
        List<Course> courses = new ArrayList<>();
        for (int seed = 1; seed <= plan.sweep().seeds(); seed++) {
            Map<Trial.Arm, Path> arms = arms(recipes, vocabulary, seed);
            for (Map.Entry<Trial.Arm, Path> arm : arms.entrySet()) {
                starts.add(new Beginning(arm.getKey(), seed, sparsity(arm.getValue(), task)));
            }
            for (Trial trial : plan.sweep().trials(seed)) {
                Path run = folder.resolve(trial.name());
                RecipeSource recipe = recipes.ranking(trial, Objects.requireNonNull(arms.get(trial.arm())));
                courses.add(Course.read(trial, plan, diverges(recipe, run), run));
            }
        }
        return new Outcome(starts, courses);
    }

    /** The checkpoints that a seed's trials begin with. */
    private Map<Trial.Arm, Path> arms(LabRecipes recipes, BytePairs vocabulary, int seed)
            throws IOException, InterruptedException {
        LabPlan.Language language = plan.language();
        Path random = folder.resolve("random-" + seed);
        plan.decoder().write(random, vocabulary, seed);
        Path common = train(recipes.language("language-" + seed, random, seed, language.steps(), 0));
        Map<Trial.Arm, Path> arms = new EnumMap<>(Trial.Arm.class);
        if (plan.sweep().random()) {
            arms.put(Trial.Arm.RANDOM, random);
        }
        arms.put(Trial.Arm.PLAIN, train(recipes.language("plain-" + seed, common, seed, language.adaptation(), 0)));
        arms.put(Trial.Arm.ADAPTED, train(recipes.language("adapted-" + seed, common, seed, language.adaptation(), 1)));
        return arms;
    }

    /** Learns the language, or goes on; returns the last checkpoint. */
    private Path train(RecipeSource recipe) throws IOException, InterruptedException {
        Path run = folder.resolve(recipe.name());
        if (diverges(recipe, run)) {
            throw new IOException(recipe.name() + " diverged while it learned the language; train it at a lower rate");
        }
        return run.resolve("last");
    }

    /** Trains, or goes on; tells whether numbers got out of bounds. */
    private boolean diverges(RecipeSource recipe, Path run) throws IOException, InterruptedException {
        listener.accept(recipe.name());
        try {
            TrainingRun.open(recipe, run, threads).run(new RunControl(), event -> {});
            return false;
        } catch (DivergedException e) {
            listener.accept(recipe.name() + ": " + e.getMessage());
            return true;
        }
    }

    private SparsityReport sparsity(Path checkpoint, DictionaryTask task) throws IOException {
        try (LearningModel model = LearningModel.open(Checkpoint.open(checkpoint), LearningOptions.whole(threads))) {
            List<String> sentences =
                    task.heldOut().stream().map(DictionaryTask.Entry::sentence).toList();
            List<String> documents = task.heldOut().stream()
                    .map(entry -> entry.words() + " " + entry.definition())
                    .toList();
            try (Encoding queries = encode(model, sentences, TextRole.QUERY);
                    Encoding encoded = encode(model, documents, TextRole.DOCUMENT)) {
                return SparsityReport.of(queries.vectors(), encoded.vectors());
            }
        }
    }

    private static Encoding encode(LearningModel model, List<String> texts, TextRole role) {
        return model.encode(model.tokenize(texts, role), role, Optional.empty(), Remember.NOTHING);
    }
}
