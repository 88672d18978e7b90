package io.millrace.trainer.serve;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.model.InvalidModelException;
import io.millrace.service.Refusals;
import io.millrace.service.registry.ModelName;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.trainer.recipe.RecipeSource;
import io.millrace.trainer.serve.RunRecord.Standing;
import io.millrace.v1.ListRunsRequest;
import io.millrace.v1.ListRunsResponse;
import io.millrace.v1.RunDescription;
import io.millrace.v1.RunReference;
import io.millrace.v1.RunStatus;
import io.millrace.v1.RunUpdate;
import io.millrace.v1.StartRunRequest;
import io.millrace.v1.StartRunResponse;
import io.millrace.v1.TrainerGrpc;
import io.millrace.v1.WatchRunRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gRPC service of a trainer over its {@link TrainingRuns}. Safe for any thread. */
final class TrainerService extends TrainerGrpc.TrainerImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(TrainerService.class);
    private static final int MOST_RECIPE_BYTES = 256 << 10;
    private static final int MOST_RECIPES = 16;
    private static final int MOST_THREADS = 1024;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final TrainerConfig config;
    private final TrainingRuns runs;
    private final RunExecution execution;
    private final Semaphore watchers;

    TrainerService(TrainerConfig config, TrainingRuns runs, RunExecution execution) {
        this.config = config;
        this.runs = runs;
        this.execution = execution;
        this.watchers = new Semaphore(config.watchers());
    }

    @Override
    public void startRun(StartRunRequest request, StreamObserver<StartRunResponse> observer) {
        Refusals.requireTimeLeft();
        if (!ModelName.isName(request.getName())) {
            throw Refusals.invalidArgument(
                    "name", "must be 1 to 128 of a-z, 0-9, '.', '-' and '_', starting with a letter or digit");
        }
        answer(observer, () -> {
            KnownRun there = runs.find(request.getName());
            boolean created = there == null;
            KnownRun run = there == null ? create(request) : there;
            requireSame(run, request);
            if (request.getResume()) {
                runs.resume(run);
            }
            return StartRunResponse.newBuilder()
                    .setRun(runs.status(run))
                    .setCreated(created)
                    .build();
        });
    }

    private static void requireSame(KnownRun run, StartRunRequest request) {
        if (!request.getRecipe().isEmpty()
                && !RunRecord.digest(request.getRecipe()).equals(run.record.recipe())) {
            throw Refusals.alreadyExists("there is a run '" + run.name()
                    + "' with another recipe; choose another name, or leave the recipe out to mean that one");
        }
    }

    private KnownRun create(StartRunRequest request) throws IOException {
        String name = request.getName();
        if (request.getRecipe().isEmpty()) {
            return runs.get(name);
        }
        if (request.getRecipe().getBytes(StandardCharsets.UTF_8).length > MOST_RECIPE_BYTES) {
            throw Refusals.invalidArgument(
                    "recipe",
                    "has " + request.getRecipe().length() + " characters; the limit is " + MOST_RECIPE_BYTES
                            + " bytes: data belong in files of the trainer's folders");
        }
        if (Integer.compareUnsigned(request.getThreads(), MOST_THREADS) > 0) {
            throw Refusals.invalidArgument(
                    "threads",
                    "is " + Integer.toUnsignedString(request.getThreads()) + "; use 1 to " + MOST_THREADS
                            + ", or 0 for the server's setting");
        }
        runs.requireRoom();
        List<RecipeSource> sources = RecipeSource.parse(request.getRecipe(), name, config.paths());
        if (sources.size() > MOST_RECIPES) {
            throw Refusals.invalidArgument(
                    "recipe", "has " + sources.size() + " recipes; the limit is " + MOST_RECIPES);
        }
        int threads = request.getThreads() == 0 ? config.lanes() : request.getThreads();
        List<Recipe> recipes;
        try {
            recipes = execution
                    .plan(request.getRecipe(), name, config.runs().resolve(name).resolve("training"), threads)
                    .check();
        } catch (IOException e) {
            throw Refusals.invalidArgument("recipe", "names a file that cannot be read: " + e.getMessage());
        }
        boolean publishes = request.getPublish()
                || recipes.stream().anyMatch(recipe -> recipe.publish().isPresent());
        if (publishes && config.coordinator().isEmpty()) {
            throw Refusals.failedPrecondition(RunExecution.NO_COORDINATOR);
        }
        if (request.getPublish() && recipes.getLast().publish().isEmpty()) {
            requireModelName(recipes.getLast().name());
        }
        return runs.add(
                name,
                (folder, order) -> KnownRun.create(
                        folder,
                        RunRecord.started(
                                name,
                                RunRecord.digest(request.getRecipe()),
                                new RunRecord.Told(threads, request.getPublish(), order, System.currentTimeMillis())),
                        request.getRecipe(),
                        KnownRun.steps(sources)));
    }

    private static void requireModelName(String name) {
        if (!ModelName.isName(name)) {
            throw Refusals.invalidArgument(
                    "recipe", "has the name '" + name + "', under which no model can be published; give publish.name");
        }
    }

    @Override
    public void watchRun(WatchRunRequest request, StreamObserver<RunUpdate> observer) {
        KnownRun run = runs.get(request.getName());
        int recipe = Math.max(1, request.getFromRecipe());
        if (recipe > run.recipes() || request.getFromRecipe() < 0 || request.getFromStep() < 0) {
            throw Refusals.invalidArgument(
                    "from_recipe",
                    "is " + Integer.toUnsignedString(request.getFromRecipe()) + ", but the run has " + run.recipes()
                            + " recipes");
        }
        if (!watchers.tryAcquire()) {
            throw Refusals.overloaded(
                    config.watchers() + " callers watch runs, the limit; end a stream, or use DescribeRun",
                    RETRY_AFTER);
        }
        WatchStream stream = new WatchStream(
                runs, run, (ServerCallStreamObserver<RunUpdate>) observer, recipe, request.getFromStep());
        // A thread of its own: the call's has to hear that the caller takes more.
        Thread.ofVirtual().name("watch-" + run.name()).start(() -> {
            try {
                stream.run();
            } finally {
                watchers.release();
            }
        });
    }

    @Override
    public void pauseRun(RunReference request, StreamObserver<RunStatus> observer) {
        change(request, observer, run -> runs.halt(run, Standing.PAUSED));
    }

    @Override
    public void resumeRun(RunReference request, StreamObserver<RunStatus> observer) {
        change(request, observer, runs::resume);
    }

    @Override
    public void stopRun(RunReference request, StreamObserver<RunStatus> observer) {
        change(request, observer, run -> runs.halt(run, Standing.STOPPED));
    }

    @Override
    public void listRuns(ListRunsRequest request, StreamObserver<ListRunsResponse> observer) {
        answer(
                observer,
                () -> ListRunsResponse.newBuilder().addAllRuns(runs.statuses()).build());
    }

    @Override
    public void describeRun(RunReference request, StreamObserver<RunDescription> observer) {
        KnownRun run = runs.get(request.getName());
        answer(
                observer,
                () -> RunDescription.newBuilder()
                        .setStatus(runs.status(run))
                        .setRecipe(run.record.recipe().isEmpty() ? "" : run.recipe())
                        .build());
    }

    /** A change of a run. */
    private interface Change {
        void apply(KnownRun run) throws IOException;
    }

    private void change(RunReference request, StreamObserver<RunStatus> observer, Change change) {
        Refusals.requireTimeLeft();
        KnownRun run = runs.get(request.getName());
        answer(observer, () -> {
            change.apply(run);
            return runs.status(run);
        });
    }

    /** What makes an answer. */
    private interface Answer<T> {
        T get() throws IOException;
    }

    private static <T> void answer(StreamObserver<T> observer, Answer<T> answer) {
        T message;
        try {
            message = answer.get();
        } catch (IllegalArgumentException | InvalidModelException e) {
            throw Refusals.invalidArgument("recipe", String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw failed(e);
        }
        observer.onNext(message);
        observer.onCompleted();
    }

    private static StatusRuntimeException failed(IOException e) {
        LOG.warn("a file cannot be read or written", e);
        return Status.UNAVAILABLE
                .withDescription("the trainer cannot read or write a file of its own: " + e.getMessage())
                .asRuntimeException();
    }
}
