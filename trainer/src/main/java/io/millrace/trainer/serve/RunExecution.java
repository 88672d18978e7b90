package io.millrace.trainer.serve;

import io.grpc.StatusRuntimeException;
import io.millrace.model.InvalidModelException;
import io.millrace.service.Refusals;
import io.millrace.service.registry.ModelName;
import io.millrace.trainer.publish.PublishListener;
import io.millrace.trainer.recipe.RecipeSource;
import io.millrace.trainer.release.RunRelease;
import io.millrace.trainer.run.DivergedException;
import io.millrace.trainer.run.RunControl;
import io.millrace.trainer.run.RunListener;
import io.millrace.trainer.run.RunOutcome;
import io.millrace.trainer.run.TrainingPlan;
import io.millrace.v1.PublishModelResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a run from where it stands to its end, publishing included, on the thread that trains.
 *
 * @param config of the server
 * @param parts what the program gives it
 */
record RunExecution(TrainerConfig config, TrainerParts parts) {
    private static final Logger LOG = LoggerFactory.getLogger(RunExecution.class);

    /** Why a recipe cannot be published. */
    static final String NO_COORDINATOR =
            "the run is to be published, but the trainer has no coordinator; start it with --coordinator HOST:PORT";

    /** How a run left the thread. */
    sealed interface End {
        /** It was told to, and its state is saved. */
        record Halted() implements End {}

        /** It is over. */
        record Finished(String detail) implements End {}

        /** It cannot go on. */
        record Failed(String why) implements End {}
    }

    /** Hears of a run. */
    interface Observer {
        /** A recipe begins, or goes on; the result hears of its steps. */
        RunListener follows(int recipe, long steps);

        /** The checkpoint is being checked and sent. */
        void publishes();

        /** It is published. */
        void published(ModelName model) throws IOException;
    }

    /** The recipes of a text, whose paths are those of this server. */
    TrainingPlan plan(KnownRun run) throws IOException {
        return plan(run.recipe(), run.name(), run.training(), run.record.told().threads());
    }

    /** The recipes of a text. */
    TrainingPlan plan(String text, String name, Path folder, int threads) {
        List<RecipeSource> sources = RecipeSource.parse(text, name, config.paths());
        return new TrainingPlan(sources, folder, threads, parts.presets());
    }

    /** Trains. Never throws: what goes wrong is how the run ended. */
    End run(KnownRun run, RunControl control, Observer observer) {
        try {
            TrainingPlan plan = plan(run);
            List<RunOutcome> outcomes = plan.run(control, new Following(run, plan, observer));
            RunOutcome last = outcomes.getLast();
            return switch (last.reason()) {
                case STOPPED -> new End.Halted();
                case FINISHED -> new End.Finished("all " + last.step() + " steps were taken");
                case STOPPED_EARLY ->
                    new End.Finished("ended early after step " + last.step() + ", because judgements got no better");
            };
        } catch (StatusRuntimeException e) {
            return new End.Failed("trained, but not published at " + config.coordinator() + ": "
                    + Refusals.inOneLine(e.getStatus()) + "; resume the run to publish it");
        } catch (DivergedException | InvalidModelException | IOException | IllegalArgumentException e) {
            LOG.info("run {} failed", run.name(), e);
            return new End.Failed(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new End.Halted();
        } catch (RuntimeException | Error e) {
            LOG.error("run {} failed", run.name(), e);
            return new End.Failed("unexpected " + e + "; the trainer's log has more");
        }
    }

    /** Tells an observer of a plan, and publishes. */
    private final class Following implements TrainingPlan.Listener {
        private final KnownRun run;
        private final TrainingPlan plan;
        private final Observer observer;

        Following(KnownRun run, TrainingPlan plan, Observer observer) {
            this.run = run;
            this.plan = plan;
            this.observer = observer;
        }

        @Override
        public RunListener begins(TrainingPlan.Phase phase) {
            return observer.follows(phase.number(), phase.run().recipe().steps());
        }

        @Override
        public void leaves(TrainingPlan.Phase phase) throws IOException {
            parts.reports().write(phase.folder(), phase.run().recipe().name());
        }

        @Override
        public void ended(TrainingPlan.Phase phase, RunOutcome outcome) throws IOException, InterruptedException {
            boolean asked = run.record.told().publish() && phase.number() == plan.size();
            if (phase.run().recipe().publish().isEmpty() && !asked) {
                return;
            }
            if (config.coordinator().isEmpty()) {
                throw new IllegalArgumentException(NO_COORDINATOR);
            }
            observer.publishes();
            RunRelease release = new RunRelease(config.coordinator(), parts.software(), PublishListener.NONE);
            Optional<PublishModelResponse> published = release.publish(phase, outcome, asked);
            if (published.isPresent()) {
                observer.published(ModelName.of(published.get().getModel().getModel()));
            }
        }
    }
}
