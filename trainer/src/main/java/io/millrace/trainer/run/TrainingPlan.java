package io.millrace.trainer.run;

import io.millrace.trainer.recipe.InvalidRecipeException;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.trainer.recipe.RecipeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The recipes of a file, followed one after the other, each in a folder of its own. A plan that was cut short goes on where it
 * was: phases that had ended end again at once.
 */
public final class TrainingPlan {
    /** Knows contracts of published kinds of models, which recipes name by {@code preset}. */
    @FunctionalInterface
    public interface Presets {
        /**
         * The contract that a preset gives a checkpoint.
         *
         * @throws IllegalArgumentException if there is no such preset
         * @throws io.millrace.model.InvalidModelException if the checkpoint is none, or not one of its kind
         * @throws IOException if a file cannot be read
         */
        String contract(String preset, Path base) throws IOException;
    }

    /**
     * One recipe of a plan.
     *
     * @param number from 1
     * @param source the recipe, as it is followed
     * @param run what follows it
     * @param folder of the run
     * @param before phases whose checkpoint it goes on from, one from the other, the first first
     */
    public record Phase(int number, RecipeSource source, TrainingRun run, Path folder, List<Phase> before) {
        /** Copies the list. */
        public Phase {
            before = List.copyOf(before);
        }
    }

    /** Hears of a plan, on its thread. */
    public interface Listener {
        /** A phase begins, or goes on; the result hears of its steps. */
        RunListener begins(Phase phase);

        /**
         * A phase is over.
         *
         * @throws IOException if what follows from it fails, which ends the plan
         */
        default void ended(Phase phase, RunOutcome outcome) throws IOException, InterruptedException {}

        /** No more steps are taken of a phase now, whether it is over, was stopped or failed. */
        default void leaves(Phase phase) throws IOException {}
    }

    private final List<RecipeSource> sources;
    private final Path folder;
    private final int lanes;
    private final Presets presets;

    /**
     * A plan.
     *
     * @param sources recipes, one at least
     * @param folder of the runs, made if missing: the first recipe's if it is the only one, else of folders 1, 2, …
     * @param lanes threads that compute; another number gives other roundings
     * @throws InvalidRecipeException if the first recipe goes on from one before it
     */
    public TrainingPlan(List<RecipeSource> sources, Path folder, int lanes, Presets presets) {
        this.sources = List.copyOf(sources);
        this.folder = folder;
        this.lanes = lanes;
        this.presets = presets;
        if (sources.getFirst().followsPrevious()) {
            throw new InvalidRecipeException(sources.getFirst().name() + ".base is " + RecipeSource.PREVIOUS
                    + ", but there is no recipe before it; name a checkpoint");
        }
    }

    /** Number of recipes. */
    public int size() {
        return sources.size();
    }

    /** Folder of a phase, which may not be there yet. */
    public Path folder(int phase) {
        return sources.size() == 1 ? folder : folder.resolve(String.valueOf(phase));
    }

    /**
     * Reads all recipes, and writes nothing.
     *
     * @throws InvalidRecipeException if one says something that cannot be done
     * @throws IOException if a file that one names cannot be read
     */
    public List<Recipe> check() throws IOException {
        List<Recipe> recipes = new ArrayList<>();
        for (int phase = 1; phase <= sources.size(); phase++) {
            // What the recipe before will make is of its base's kind.
            Optional<Path> previous = recipes.isEmpty()
                    ? Optional.empty()
                    : Optional.of(recipes.getLast().base());
            RecipeSource source = based(phase, previous);
            Optional<String> contract = contract(source, presets);
            Recipe recipe = Recipe.parse(contract.isEmpty() ? source : named(source, folder(phase)));
            if (!Files.isDirectory(recipe.base())) {
                throw new InvalidRecipeException(source.name() + ".base is " + recipe.base()
                        + ", which is no folder; name that of a checkpoint");
            }
            recipes.add(recipe);
        }
        return recipes;
    }

    /**
     * Takes the steps that are left.
     *
     * @param control what others ask of it meanwhile
     * @return how each phase ended; the last one, if it was stopped, may not be the plan's last
     * @throws DivergedException if the numbers get out of bounds; the last saved state stays
     * @throws IOException if a file cannot be read or written
     */
    public List<RunOutcome> run(RunControl control, Listener listener) throws IOException, InterruptedException {
        List<RunOutcome> outcomes = new ArrayList<>();
        Optional<Path> previous = Optional.empty();
        List<Phase> chain = new ArrayList<>();
        for (int number = 1; number <= sources.size(); number++) {
            if (!sources.get(number - 1).followsPrevious()) {
                chain.clear();
            }
            Path own = folder(number);
            RecipeSource source = contracted(based(number, previous), own, presets);
            Phase phase = new Phase(number, source, TrainingRun.open(source, own, lanes), own, chain);
            chain.add(phase);
            RunOutcome outcome;
            try {
                outcome = phase.run().run(control, listener.begins(phase));
            } finally {
                listener.leaves(phase);
            }
            outcomes.add(outcome);
            previous = outcome.checkpoint();
            if (outcome.reason() == RunOutcome.Reason.STOPPED) {
                break;
            }
            listener.ended(phase, outcome);
        }
        return outcomes;
    }

    private RecipeSource based(int phase, Optional<Path> previous) {
        RecipeSource source = sources.get(phase - 1);
        return source.followsPrevious() && previous.isPresent() ? source.withBase(previous.get()) : source;
    }

    /** The contract of a recipe that names a preset. */
    private static Optional<String> contract(RecipeSource source, Presets presets) throws IOException {
        Optional<String> preset = source.text("preset");
        Optional<String> base = source.text("base");
        return preset.isEmpty() || base.isEmpty()
                ? Optional.empty()
                : Optional.of(presets.contract(preset.get(), source.paths().resolve(base.get())));
    }

    /** A recipe that names a preset, with the contract that it gives the base, which is written into a folder. */
    public static RecipeSource contracted(RecipeSource source, Path folder, Presets presets) throws IOException {
        Optional<String> contract = contract(source, presets);
        if (contract.isEmpty()) {
            return source;
        }
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("contract.json"), contract.get());
        return named(source, folder);
    }

    private static RecipeSource named(RecipeSource source, Path folder) {
        return source.with(
                "preset",
                "contract",
                folder.resolve("contract.json").toAbsolutePath().toString());
    }
}
