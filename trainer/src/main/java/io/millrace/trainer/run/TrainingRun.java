package io.millrace.trainer.run;

import io.millrace.model.checkpoint.Digests;
import io.millrace.model.learning.LearningModel;
import io.millrace.model.learning.Optimizer;
import io.millrace.model.safetensors.TensorType;
import io.millrace.service.DurableFile;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.trainer.recipe.RecipeSource;
import io.millrace.trainer.recipe.Task;
import io.millrace.trainer.recipe.ValidationRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Trains a checkpoint as a recipe says, in a folder of its own. A run that was killed, at whatever moment, goes on from its
 * last saved state and takes the same steps to the last bit: data and draws follow from seed, step and place alone, and
 * sums are formed in a fixed order. For one thread.
 */
public final class TrainingRun {
    private final Recipe recipe;
    private final String digest;
    private final RunFolder folder;
    private final int lanes;
    private RunState state;

    private TrainingRun(Recipe recipe, String digest, RunFolder folder, int lanes) {
        this.recipe = recipe;
        this.digest = digest;
        this.folder = folder;
        this.lanes = lanes;
        this.state = RunState.begin(digest);
    }

    /**
     * Readies a run, new or begun.
     *
     * @param source the recipe; a copy of it is kept in the folder
     * @param folder of the run, made if missing
     * @param lanes threads that compute; another number gives other roundings
     * @throws io.millrace.trainer.recipe.InvalidRecipeException if the recipe says something that cannot be done
     * @throws IOException if the folder cannot be written
     */
    public static TrainingRun open(RecipeSource source, Path folder, int lanes) throws IOException {
        Recipe recipe = Recipe.parse(source);
        Files.createDirectories(folder);
        RunFolder run = new RunFolder(folder);
        DurableFile.replace(run.recipe(), source.text());
        return new TrainingRun(recipe, Digests.ofText(source.text()), run, lanes);
    }

    /** What is to be done. */
    public Recipe recipe() {
        return recipe;
    }

    /** Threads that compute. */
    public int lanes() {
        return lanes;
    }

    /**
     * Takes the steps that are left.
     *
     * @param control what others ask of it meanwhile
     * @param listener hears of every report and judgement
     * @throws DivergedException if the numbers get out of bounds; the last saved state stays
     * @throws IOException if a file cannot be read or written
     */
    public RunOutcome run(RunControl control, RunListener listener) throws IOException {
        Recipe.Learning learning = recipe.learning();
        try (LearningModel model = LearningModel.open(
                        recipe.checkpoint(), learning.options().withLanes(lanes));
                Optimizer optimizer = new Optimizer(model, learning.optimizer())) {
            Optional<Validator> validator = recipe.validation().isPresent()
                    ? Optional.of(Validator.open(recipe.validation().get(), model))
                    : Optional.empty();
            Optional<RunState> saved = folder.restore(digest, optimizer);
            try (Lesson lesson = lesson(model, saved);
                    RunLog log = RunLog.open(folder.log(), optimizer.steps())) {
                state = saved.orElseGet(() -> RunState.begin(digest));
                return new Steps(model, optimizer, validator, lesson, log, listener).take(control);
            }
        }
    }

    private Lesson lesson(LearningModel model, Optional<RunState> from) throws IOException {
        return switch (recipe.task()) {
            case Task.Ranking ranking -> RankingLesson.open(ranking, model, recipe, folder.stores(), from, lanes);
            case Task.Adaptation adaptation -> AdaptationLesson.open(adaptation, model, recipe, folder.stores(), from);
        };
    }

    /** Everything that steps use, while the run goes. */
    private final class Steps {
        private final LearningModel model;
        private final Optimizer optimizer;
        private final Optional<Validator> validator;
        private final Lesson lesson;
        private final RunLog log;
        private final RunListener listener;
        private long texts;
        private long taken;
        private long since = System.nanoTime();

        Steps(
                LearningModel model,
                Optimizer optimizer,
                Optional<Validator> validator,
                Lesson lesson,
                RunLog log,
                RunListener listener) {
            this.model = model;
            this.optimizer = optimizer;
            this.validator = validator;
            this.lesson = lesson;
            this.log = log;
            this.listener = listener;
        }

        RunOutcome take(RunControl control) throws IOException {
            // Looked at before a step, too: a run that ended early ends again when it is opened again.
            while (state.step() < recipe.steps() && !worn()) {
                if (control.stops()) {
                    save();
                    return new RunOutcome(RunOutcome.Reason.STOPPED, state.step(), Optional.empty());
                }
                step();
                boolean judged = judge();
                if (state.step() % recipe.keeping().every() == 0 || judged) {
                    save();
                }
            }
            return ended(worn() ? RunOutcome.Reason.STOPPED_EARLY : RunOutcome.Reason.FINISHED);
        }

        private void step() throws IOException {
            lesson.prepare(
                    state.step(),
                    () -> validator
                            .orElseThrow(
                                    () -> new IllegalStateException("recipes that count frequencies have a validation"))
                            .sample(model));
            int parts = recipe.batch().accumulate();
            List<Lesson.Taught> taught = new ArrayList<>();
            for (int part = 0; part < parts; part++) {
                taught.add(lesson.learn(state.step(), part, 1.0 / parts));
                texts += taught.getLast().texts();
            }
            double rate = recipe.learning().rate().at(state.step());
            double norm = optimizer.step(rate);
            if (!Double.isFinite(norm)) {
                throw new DivergedException("the gradient of step " + (state.step() + 1) + " has the norm " + norm
                        + "; lower the learning rate, or clip at a smaller norm");
            }
            state = state.next(taught.getLast().after(), lesson.frequencies());
            taken++;
            if (state.step() % recipe.keeping().report() == 0 || state.step() == recipe.steps()) {
                report(taught, rate, norm);
            }
        }

        private void report(List<Lesson.Taught> taught, double rate, double norm) throws IOException {
            long now = System.nanoTime();
            double nanos = Math.max(1, now - since);
            Lesson.Taught first = taught.getFirst();
            happened(new StepReport(
                    state.step(),
                    taught.stream().mapToDouble(Lesson.Taught::loss).average().orElseThrow(),
                    first.terms(),
                    rate,
                    norm,
                    first.statistics(),
                    new StepReport.Pace(texts * 1e9 / nanos, nanos / 1e9 / Math.max(1, taken))));
            texts = 0;
            taken = 0;
            since = now;
        }

        private void happened(RunEvent event) throws IOException {
            log.add(event);
            listener.happened(event);
        }

        /** Judges the model if it is time to; keeps it if none before was better. */
        private boolean judge() throws IOException {
            if (validator.isEmpty() || recipe.validation().isEmpty()) {
                return false;
            }
            ValidationRecipe how = recipe.validation().get();
            if (state.step() % how.every() != 0 && state.step() != recipe.steps()) {
                return false;
            }
            Validator.Found found = validator.get().judge(model);
            boolean best = state.judged().isEmpty()
                    || found.value() > state.judged().get().value();
            if (best) {
                keep(folder.best());
            }
            state = state.judged(found.value(), best);
            happened(new Judgement(state.step(), how.metric().name(), found.value(), found.sparsity(), best));
            since = System.nanoTime();
            texts = 0;
            taken = 0;
            return true;
        }

        private boolean worn() {
            return recipe.validation()
                    .filter(how -> how.patience() > 0 && state.worse() >= how.patience())
                    .isPresent();
        }

        private void save() throws IOException {
            folder.save(state, optimizer, recipe.keeping().states());
        }

        /** Writes the model as a checkpoint, in place of the one that was there. */
        private void keep(Path target) throws IOException {
            Path part = target.resolveSibling(target.getFileName() + ".part");
            RunFolder.delete(part);
            model.save(part, TensorType.F32, recipe.name());
            RunFolder.delete(target);
            Files.move(part, target);
        }

        private RunOutcome ended(RunOutcome.Reason reason) throws IOException {
            save();
            keep(folder.last());
            return new RunOutcome(
                    reason, state.step(), Optional.of(state.judged().isPresent() ? folder.best() : folder.last()));
        }
    }
}
