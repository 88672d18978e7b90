package io.millrace.trainer.serve;

import io.millrace.service.DurableFile;
import io.millrace.trainer.recipe.RecipePaths;
import io.millrace.trainer.recipe.RecipeSource;
import io.millrace.trainer.run.RunControl;
import io.millrace.trainer.watch.LogTail;
import io.millrace.v1.RunUpdate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A run as the server knows it. What changes is guarded by {@link TrainingRuns}, which alone changes it.
 *
 * <pre>
 * run.json       {@link RunRecord}
 * recipe.yaml    the recipe's text, whose SHA-256 is in the record
 * training/      what the run writes, in folders 1, 2, … if there are several recipes
 * </pre>
 */
final class KnownRun {
    private static final String RECORD = "run.json";
    private static final String RECIPE = "recipe.yaml";

    private final Path folder;
    private final List<Long> steps;

    volatile RunRecord record;
    /** What is done with it now; null unless it trains. */
    @Nullable
    RunControl control;

    boolean publishing;
    /** Recipe that is followed, from 1. */
    int recipe = 1;

    /** The last report of that recipe; null before the first. */
    @Nullable
    RunUpdate last;

    /** Counts changes, for those who wait for one. */
    long changes;

    private KnownRun(Path folder, RunRecord record, List<Long> steps) {
        this.folder = folder;
        this.record = record;
        this.steps = steps;
    }

    /** Makes a new one, on disk. */
    static KnownRun create(Path folder, RunRecord record, String recipe, List<Long> steps) throws IOException {
        Files.createDirectories(folder);
        DurableFile.replace(folder.resolve(RECIPE), recipe);
        record.write(folder.resolve(RECORD));
        return new KnownRun(folder, record, steps);
    }

    /** Whether a folder is a run's, rather than what a crash left of one that nobody was told of. */
    static boolean is(Path folder) {
        return Files.exists(folder.resolve(RECORD));
    }

    /** One that was there before. What is damaged is known as a failed run, and never goes on. */
    static KnownRun load(Path folder) throws IOException {
        String name = String.valueOf(folder.getFileName());
        try {
            RunRecord record = RunRecord.read(folder.resolve(RECORD));
            KnownRun run = new KnownRun(
                    folder, record, steps(RecipeSource.parse(recipe(folder, record), name, RecipePaths.local(folder))));
            for (int phase = 1; phase <= run.recipes(); phase++) {
                Optional<RunUpdate> last = LogTail.last(run.log(phase), phase, run.steps(phase));
                if (last.isPresent()) {
                    run.recipe = phase;
                    run.last = last.get();
                }
            }
            return run;
        } catch (IllegalArgumentException e) {
            return new KnownRun(
                    folder,
                    RunRecord.damaged(name, e.getMessage() + "; move the folder away and start the run anew"),
                    List.of(0L));
        }
    }

    private static String recipe(Path folder, RunRecord record) throws IOException {
        String text = RunRecord.text(folder.resolve(RECIPE));
        if (!RunRecord.digest(text).equals(record.recipe())) {
            throw new IllegalArgumentException(folder.resolve(RECIPE) + " does not match its SHA-256");
        }
        return text;
    }

    /** Steps of each recipe, as far as they say. */
    static List<Long> steps(List<RecipeSource> recipes) {
        return recipes.stream()
                .map(source -> source.tree().path("steps").asLong())
                .toList();
    }

    String name() {
        return record.name();
    }

    /** The recipe's text. */
    String recipe() throws IOException {
        return recipe(folder, record);
    }

    /** Number of recipes. */
    int recipes() {
        return steps.size();
    }

    /** Steps of a recipe. */
    long steps(int number) {
        return steps.get(number - 1);
    }

    /** Where the run writes. */
    Path training() {
        return folder.resolve("training");
    }

    /** Log of a recipe. */
    Path log(int number) {
        Path own = recipes() == 1 ? training() : training().resolve(String.valueOf(number));
        return own.resolve("log.jsonl");
    }

    /** Changes the record, on disk first. */
    void update(RunRecord changed) throws IOException {
        changed.write(folder.resolve(RECORD));
        record = changed;
    }
}
