package io.millrace.deploy.train;

import io.grpc.StatusRuntimeException;
import io.millrace.client.ClientOptions;
import io.millrace.deploy.cli.CommandTree;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.Progress;
import io.millrace.deploy.cli.ServerRefusal;
import io.millrace.service.registry.ModelName;
import io.millrace.service.registry.RegistryClient;
import io.millrace.trainer.recipe.PublishRecipe;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.trainer.release.RunRelease;
import io.millrace.trainer.run.DivergedException;
import io.millrace.trainer.run.RunControl;
import io.millrace.trainer.run.RunListener;
import io.millrace.trainer.run.RunOutcome;
import io.millrace.trainer.run.TrainingPlan;
import io.millrace.trainer.watch.RunUpdates;
import io.millrace.v1.ListModelsRequest;
import io.millrace.v1.ModelRegistryGrpc;
import io.millrace.v1.PublishModelResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Trains in this process: shows how it goes, draws its curves, and publishes what came out. */
final class LocalRun implements TrainingPlan.Listener {
    private static final long CALL_SECONDS = 30;

    private final Console console;
    private final boolean json;
    private final Optional<String> coordinator;
    private @Nullable RunProgress progress;
    private int last;
    private Optional<PublishModelResponse> published = Optional.empty();

    /**
     * A run.
     *
     * @param json whether results are for programs
     * @param coordinator where to publish; empty to publish nothing
     */
    LocalRun(Console console, boolean json, Optional<String> coordinator) {
        this.console = console;
        this.json = json;
        this.coordinator =
                coordinator.map(address -> ClientOptions.forServer(address).target());
    }

    int train(TrainingPlan plan, RunControl control) throws IOException, InterruptedException {
        last = plan.size();
        if (coordinator.isPresent()) {
            requirePublishable(plan.check().getLast(), coordinator.get());
        }
        // Ctrl-C ends the step that is being taken, saves, and then lets the process go.
        CountDownLatch ended = new CountDownLatch(1);
        Thread hook = new Thread(() -> stop(control, ended), "millrace-train-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        List<RunOutcome> outcomes;
        try {
            outcomes = plan.run(control, this);
        } catch (DivergedException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            ended.countDown();
            unhook(hook);
        }
        outcomes.forEach(this::print);
        published.ifPresent(model -> {
            if (!json) {
                console.print("published as " + ModelName.of(model.getModel().getModel())
                        + (model.getCreated() ? "" : ", as it was before"));
            }
        });
        return ExitCode.OK;
    }

    /** Before hours of training rather than after them. */
    private static void requirePublishable(Recipe recipe, String coordinator) {
        PublishRecipe how = recipe.publish().orElseGet(() -> PublishRecipe.of(recipe.name()));
        try (RegistryClient registry = RegistryClient.connect(coordinator)) {
            ModelRegistryGrpc.newBlockingStub(registry.channel())
                    .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
                    .listModels(
                            ListModelsRequest.newBuilder().setName(how.name()).build());
        } catch (StatusRuntimeException e) {
            throw ServerRefusal.of(e, coordinator);
        }
    }

    @Override
    public RunListener begins(TrainingPlan.Phase phase) {
        Recipe recipe = phase.run().recipe();
        RunProgress shown = new RunProgress(console, recipe.name());
        progress = shown;
        return event -> shown.show(RunUpdates.of(event, phase.number(), recipe.steps()));
    }

    @Override
    public void leaves(TrainingPlan.Phase phase) throws IOException {
        if (progress != null) {
            progress.finish();
        }
        new RunReport(phase.folder()).write(phase.run().recipe().name());
    }

    @Override
    public void ended(TrainingPlan.Phase phase, RunOutcome outcome) throws IOException, InterruptedException {
        Recipe recipe = phase.run().recipe();
        boolean asked = phase.number() == last;
        if (coordinator.isEmpty()) {
            if (recipe.publish().isPresent()) {
                console.say("Not published, which --push does.");
            }
            return;
        }
        if (!asked && recipe.publish().isEmpty()) {
            return;
        }
        console.say("Checking " + outcome.checkpoint().orElseThrow() + " and publishing it.");
        Progress sending = new Progress(console, "Pushing KiB");
        try {
            published = new RunRelease(
                            coordinator.get(),
                            CommandTree.version(),
                            (path, sent, total) -> sending.update(sent >> 10, (double) sent / Math.max(1, total)))
                    .publish(phase, outcome, asked);
        } catch (StatusRuntimeException e) {
            throw ServerRefusal.of(e, coordinator.get());
        } finally {
            sending.finish();
        }
    }

    /** Waits for the run, not for its thread, which ends the process and so waits for this one. */
    private static void stop(RunControl control, CountDownLatch ended) {
        control.stop();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void unhook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending already, which is why the run stopped.
            return;
        }
    }

    private void print(RunOutcome outcome) {
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("reason", outcome.reason().name().toLowerCase(Locale.ROOT));
            fields.put("step", outcome.step());
            outcome.checkpoint().ifPresent(path -> fields.put("checkpoint", path.toString()));
            published.ifPresent(model -> fields.put(
                    "published", ModelName.of(model.getModel().getModel()).toString()));
            console.printJson(fields);
            return;
        }
        String how = switch (outcome.reason()) {
            case FINISHED -> "finished";
            case STOPPED_EARLY -> "ended early, because judgements got no better,";
            case STOPPED -> "stopped";
        };
        console.print(how + " after step " + outcome.step()
                + outcome.checkpoint().map(path -> ": " + path).orElse("; the same command goes on from there"));
    }
}
