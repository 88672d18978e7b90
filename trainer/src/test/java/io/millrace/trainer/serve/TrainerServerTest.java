package io.millrace.trainer.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.v1.ListRunsRequest;
import io.millrace.v1.RunState;
import io.millrace.v1.RunStatus;
import io.millrace.v1.RunUpdate;
import io.millrace.v1.StartRunRequest;
import io.millrace.v1.StartRunResponse;
import io.millrace.v1.StepReached;
import io.millrace.v1.WatchRunRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs over gRPC, in this process. */
@Timeout(300)
class TrainerServerTest {
    @TempDir
    private Path folder;

    private RunningTrainer trainer(String... settings) throws IOException {
        return new RunningTrainer(folder, settings);
    }

    private static void refused(Status.Code code, String message, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).isEqualTo(code);
            assertThat(e.getStatus().getDescription()).contains(message);
        });
    }

    /** Steps of a watched run, without what the clock says. */
    private static List<StepReached> steps(List<RunUpdate> updates) {
        return updates.stream()
                .filter(RunUpdate::hasStep)
                .map(update -> update.getStep().toBuilder()
                        .clearSecondsPerStep()
                        .clearTextsPerSecond()
                        .clearEtaSeconds()
                        .build())
                .toList();
    }

    @Test
    void aRunIsWatchedFromItsFirstStepToItsEnd() throws Exception {
        try (RunningTrainer trainer = trainer()) {
            String recipe =
                    trainer.recipe(12) + "validation: {folder: collection, split: dev, every: 6, metric: mrr@10}\n";
            writeCollection(folder.resolve("root/collection"));
            trainer.start("first", recipe);

            List<RunUpdate> updates = trainer.watch("first");
            List<RunUpdate> again = trainer.watch("first");
            List<RunUpdate> late = new ArrayList<>();
            trainer.calls()
                    .watchRun(WatchRunRequest.newBuilder()
                            .setName("first")
                            .setFromStep(10)
                            .build())
                    .forEachRemaining(late::add);

            assertThat(steps(updates)).hasSize(12);
            StepReached last = updates.stream()
                    .filter(RunUpdate::hasStep)
                    .reduce((one, other) -> other)
                    .orElseThrow()
                    .getStep();
            assertThat(last.getStep()).isEqualTo(12);
            assertThat(last.getSteps()).isEqualTo(12);
            assertThat(last.getPartsList())
                    .extracting(part -> part.getName())
                    .containsExactly("margin_mse", "kl_divergence", "flops_documents");
            assertThat(last.getSparsity().getDocumentNonZeros()).isPositive();
            assertThat(last.getSecondsPerStep()).isPositive();
            assertThat(last.getEtaSeconds()).isZero();
            assertThat(updates.stream().filter(RunUpdate::hasJudged))
                    .extracting(update -> update.getJudged().getStep())
                    .containsExactly(6L, 12L);
            RunStatus end = updates.getLast().getStatus();
            assertThat(end.getState()).isEqualTo(RunState.RUN_STATE_FINISHED);
            assertThat(end.getStep()).isEqualTo(12);
            assertThat(end.getDetail()).contains("all 12 steps");
            assertThat(steps(again)).isEqualTo(steps(updates));
            assertThat(steps(late)).isEqualTo(steps(updates).subList(9, 12));
            String metrics = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                            + trainer.server().metricsPort() + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            assertThat(metrics)
                    .contains("millrace_trainer_step 12.0")
                    .contains("millrace_trainer_loss " + last.getLoss())
                    .contains("millrace_trainer_step_seconds_count 12.0")
                    .contains("millrace_trainer_runs_finished 1.0");
        }
    }

    private static void writeCollection(Path collection) throws IOException {
        Files.createDirectories(collection.resolve("qrels"));
        StringBuilder corpus = new StringBuilder();
        StringBuilder queries = new StringBuilder();
        StringBuilder qrels = new StringBuilder("query-id\tcorpus-id\tscore\n");
        for (int i = 0; i < 8; i++) {
            corpus.append("{\"_id\": \"d%d\", \"title\": \"\", \"text\": \"it is the number %d\"}%n".formatted(i, i));
            queries.append("{\"_id\": \"q%d\", \"text\": \"what is number %d\"}%n".formatted(i, i));
            qrels.append("q%d\td%d\t1%n".formatted(i, i));
        }
        Files.writeString(collection.resolve("corpus.jsonl"), corpus);
        Files.writeString(collection.resolve("queries.jsonl"), queries);
        Files.writeString(collection.resolve("qrels/dev.tsv"), qrels);
    }

    @Test
    void aRunThatIsPausedStoppedAndResumedTakesTheSameSteps() throws Exception {
        try (RunningTrainer trainer = trainer()) {
            String recipe = trainer.recipe(40);
            trainer.start("broken", recipe);
            trainer.awaitStep("broken", 3);
            RunState halting =
                    trainer.calls().pauseRun(RunningTrainer.run("broken")).getState();
            assertThat(halting).isIn(RunState.RUN_STATE_HALTING, RunState.RUN_STATE_PAUSED);
            RunStatus paused = trainer.awaitState("broken", RunState.RUN_STATE_PAUSED);
            assertThat(paused.getStep()).isBetween(3L, 39L);
            assertThat(trainer.calls().pauseRun(RunningTrainer.run("broken")).getState())
                    .isEqualTo(RunState.RUN_STATE_PAUSED);

            trainer.calls().resumeRun(RunningTrainer.run("broken"));
            trainer.awaitStep("broken", paused.getStep() + 2);
            trainer.calls().stopRun(RunningTrainer.run("broken"));
            trainer.awaitState("broken", RunState.RUN_STATE_STOPPED);
            assertThat(trainer.calls().stopRun(RunningTrainer.run("broken")).getState())
                    .isEqualTo(RunState.RUN_STATE_STOPPED);
            refused(
                    Status.Code.FAILED_PRECONDITION,
                    "is stopped",
                    () -> trainer.calls().pauseRun(RunningTrainer.run("broken")));
            StartRunResponse resumed = trainer.calls()
                    .startRun(StartRunRequest.newBuilder()
                            .setName("broken")
                            .setResume(true)
                            .build());
            assertThat(resumed.getCreated()).isFalse();
            trainer.start("whole", recipe);

            List<StepReached> broken = steps(trainer.watch("broken"));
            List<StepReached> whole = steps(trainer.watch("whole"));
            assertThat(broken).isEqualTo(whole).hasSize(40);
            assertThat(Files.readAllBytes(trainer.runs().resolve("broken/training/last/model.safetensors")))
                    .isEqualTo(Files.readAllBytes(trainer.runs().resolve("whole/training/last/model.safetensors")));
            refused(
                    Status.Code.FAILED_PRECONDITION,
                    "is finished",
                    () -> trainer.calls().resumeRun(RunningTrainer.run("broken")));
            assertThat(trainer.calls().stopRun(RunningTrainer.run("broken")).getState())
                    .isEqualTo(RunState.RUN_STATE_FINISHED);
        }
    }

    @Test
    void runsSurviveTheServer() throws Exception {
        List<StepReached> whole;
        try (RunningTrainer trainer = trainer()) {
            String recipe = trainer.recipe(16);
            trainer.start("whole", recipe);
            whole = steps(trainer.watch("whole"));
            trainer.start("active", recipe);
            trainer.start("paused", recipe);
            trainer.start("waiting", trainer.recipe(2));
            trainer.calls().pauseRun(RunningTrainer.run("paused"));
            trainer.awaitStep("active", 3);
        }
        try (RunningTrainer trainer = trainer()) {
            assertThat(steps(trainer.watch("active"))).isEqualTo(whole);
            assertThat(steps(trainer.watch("waiting"))).hasSize(2);
            assertThat(trainer.calls()
                            .listRuns(ListRunsRequest.getDefaultInstance())
                            .getRunsList())
                    .extracting(RunStatus::getName, RunStatus::getState)
                    .containsExactly(
                            Tuple.tuple("active", RunState.RUN_STATE_FINISHED),
                            Tuple.tuple("paused", RunState.RUN_STATE_PAUSED),
                            Tuple.tuple("waiting", RunState.RUN_STATE_FINISHED),
                            Tuple.tuple("whole", RunState.RUN_STATE_FINISHED));
        }
    }

    @Test
    void aSecondRecipeGoesOnFromTheFirstAlsoAfterARestart() throws Exception {
        List<StepReached> whole;
        try (RunningTrainer trainer = trainer()) {
            String recipe = trainer.recipe(3);
            String both =
                    recipe + "---\n" + trainer.recipe(12).replace("base: ${MODELS}/splade-tiny", "base: previous");
            trainer.start("whole", both);
            whole = steps(trainer.watch("whole"));
            trainer.start("cut", both);
            trainer.awaitStep("cut", 4);
        }
        try (RunningTrainer trainer = trainer()) {
            List<RunUpdate> updates = trainer.watch("cut");

            assertThat(steps(updates)).isEqualTo(whole).hasSize(15);
            assertThat(updates.stream().filter(RunUpdate::hasStep).map(RunUpdate::getRecipe))
                    .startsWith(1, 1, 1, 2)
                    .endsWith(2);
            RunStatus end = updates.getLast().getStatus();
            assertThat(end.getState()).isEqualTo(RunState.RUN_STATE_FINISHED);
            assertThat(end.getRecipe()).isEqualTo(2);
            assertThat(end.getRecipes()).isEqualTo(2);
            List<RunUpdate> second = new ArrayList<>();
            trainer.calls()
                    .watchRun(WatchRunRequest.newBuilder()
                            .setName("cut")
                            .setFromRecipe(2)
                            .build())
                    .forEachRemaining(second::add);
            assertThat(steps(second)).isEqualTo(whole.subList(3, 15));
        }
    }

    @Test
    void aRunIsStartedOnceHoweverOftenItIsAsked() throws Exception {
        try (RunningTrainer trainer = trainer("--waiting=1")) {
            String recipe = trainer.recipe(5000);
            StartRunRequest request = StartRunRequest.newBuilder()
                    .setName("one")
                    .setRecipe(recipe)
                    .build();
            assertThat(trainer.calls().startRun(request).getCreated()).isTrue();
            assertThat(trainer.calls().startRun(request).getCreated()).isFalse();
            refused(Status.Code.ALREADY_EXISTS, "another recipe", () -> trainer.start("one", trainer.recipe(6)));
            refused(Status.Code.NOT_FOUND, "there is no run 'two'", () -> trainer.start("two", ""));
            trainer.awaitStep("one", 1);

            assertThat(trainer.start("two", recipe).getPlace()).isEqualTo(1);
            refused(Status.Code.RESOURCE_EXHAUSTED, "'one' trains and 1 wait", () -> trainer.start("three", recipe));

            trainer.calls().stopRun(RunningTrainer.run("two"));
            assertThat(trainer.start("three", recipe).getState()).isEqualTo(RunState.RUN_STATE_WAITING);
            refused(Status.Code.RESOURCE_EXHAUSTED, "may", () -> trainer.calls().resumeRun(RunningTrainer.run("two")));
            trainer.calls().stopRun(RunningTrainer.run("three"));
            trainer.calls().stopRun(RunningTrainer.run("one"));
            trainer.awaitState("one", RunState.RUN_STATE_STOPPED);
        }
    }

    @Test
    void recipesThatCannotBeFollowedAreRefusedWithTheReason() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret.jsonl"), "{}");
        try (RunningTrainer trainer = trainer()) {
            String recipe = trainer.recipe(6);
            Files.createSymbolicLink(folder.resolve("root/link.jsonl"), secret);
            Files.createSymbolicLink(folder.resolve("root/way-out"), folder);
            List<List<String>> wrong = List.of(
                    List.of(recipe.replace("warmup-steps", "warm-up-steps"), "did you mean 'warmup-steps'?"),
                    List.of(recipe + "\t: {", "not YAML"),
                    List.of("[".repeat(100_000), "not YAML"),
                    List.of("- just\n- a list\n", "must be a mapping"),
                    List.of(recipe.replace("groups.jsonl", secret.toString()), "outside of the folders"),
                    List.of(recipe.replace("groups.jsonl", "../secret.jsonl"), "outside of the folders"),
                    List.of(recipe.replace("groups.jsonl", "nowhere/../../x.jsonl"), "outside of the folders"),
                    List.of(recipe.replace("groups.jsonl", "link.jsonl"), "outside of the folders"),
                    List.of(recipe.replace("groups.jsonl", "way-out/secret.jsonl"), "outside of the folders"),
                    List.of(recipe.replace("groups.jsonl", "\"a\\0b\""), "a path that is none"),
                    List.of(recipe.replace("${MODELS}/splade-tiny", "/etc"), "outside of the folders"),
                    List.of(recipe.replace("${MODELS}", "${HOME}"), "no folder HOME"),
                    List.of(recipe.replace("${MODELS}/splade-tiny", "nothing"), "which is no folder"),
                    List.of(recipe.replace("groups.jsonl", "missing.jsonl"), "which is not a file"),
                    List.of(recipe + "validation: {folder: ., split: ../../secret}\n", "split"),
                    List.of(recipe + "publish: {golden: ../secret.jsonl}\n", "outside of the folders"),
                    List.of(recipe + "publish: {name: Not A Name}\n", "no name of a model"),
                    List.of(recipe + "preset: nothing\n", "there is no preset nothing"),
                    List.of(recipe.replace("base: ${MODELS}/splade-tiny", "base: previous"), "no recipe before it"),
                    List.of("name: x\n---\n".repeat(17) + recipe, "the limit is 16"),
                    List.of("# " + "x".repeat(300_000), "the limit is 262144"));
            for (List<String> each : wrong) {
                refused(Status.Code.INVALID_ARGUMENT, each.getLast(), () -> trainer.start("wrong", each.getFirst()));
            }
            refused(Status.Code.INVALID_ARGUMENT, "name", () -> trainer.start("../wrong", recipe));
            refused(Status.Code.INVALID_ARGUMENT, "name", () -> trainer.start("", recipe));
            refused(
                    Status.Code.FAILED_PRECONDITION,
                    "--coordinator",
                    () -> trainer.start("wrong", recipe + "publish: {name: mine}\n"));
            refused(
                    Status.Code.INVALID_ARGUMENT,
                    "threads",
                    () -> trainer.calls()
                            .startRun(StartRunRequest.newBuilder()
                                    .setName("wrong")
                                    .setRecipe(recipe)
                                    .setThreads(-1)
                                    .build()));
            refused(Status.Code.NOT_FOUND, "none was started yet", () -> trainer.status("wrong"));
            refused(Status.Code.NOT_FOUND, "no run", () -> trainer.watch("wrong"));
            refused(Status.Code.NOT_FOUND, "no run", () -> trainer.calls().pauseRun(RunningTrainer.run("wrong")));
            assertThat(trainer.runs()).isEmptyDirectory();
            assertThat(folder.toFile().list()).containsExactlyInAnyOrder("secret.jsonl", "root", "trainer");
        }
    }

    @Test
    void aRunThatFailsSaysWhyAndMayBeTriedAgain() throws Exception {
        try (RunningTrainer trainer = trainer()) {
            String recipe = trainer.recipe(8);
            Path data = folder.resolve("root/groups.jsonl");
            String lines = Files.readString(data);
            Files.writeString(data, lines.replaceFirst("\"docs\"", "\"dogs\""));
            trainer.start("failing", recipe);

            RunStatus failed = trainer.watch("failing").getLast().getStatus();
            assertThat(failed.getState()).isEqualTo(RunState.RUN_STATE_FAILED);
            assertThat(failed.getDetail()).contains("groups.jsonl").contains("docs");

            Files.writeString(data, lines);
            trainer.calls().resumeRun(RunningTrainer.run("failing"));
            assertThat(trainer.watch("failing").getLast().getStatus().getState())
                    .isEqualTo(RunState.RUN_STATE_FINISHED);
            trainer.start("diverging", recipe.replace("rate: 1e-4", "rate: 1e30"));
            assertThat(trainer.watch("diverging").getLast().getStatus().getDetail())
                    .contains("lower the learning rate");
        }
    }

    @Test
    void aDamagedRecordIsNamedAndNeverFollowed() throws Exception {
        try (RunningTrainer trainer = trainer()) {
            trainer.start("run", trainer.recipe(1));
            trainer.watch("run");
            trainer.start("other", trainer.recipe(1));
            trainer.watch("other");
        }
        Path record = folder.resolve("trainer/runs/run/run.json");
        Files.writeString(record, Files.readString(record).replace("FINISHED", "TRAINING"));
        Path recipe = folder.resolve("trainer/runs/other/recipe.yaml");
        Files.writeString(recipe, Files.readString(recipe).replace("steps: 1", "steps: 2"));
        try (RunningTrainer trainer = trainer()) {
            for (String name : List.of("run", "other")) {
                RunStatus status = trainer.status(name);
                assertThat(status.getState()).isEqualTo(RunState.RUN_STATE_FAILED);
                assertThat(status.getDetail()).contains("does not match its SHA-256");
                refused(
                        Status.Code.FAILED_PRECONDITION,
                        "does not match",
                        () -> trainer.calls().resumeRun(RunningTrainer.run(name)));
            }
        }
    }

    @Test
    void twoTrainersDoNotShareAFolder() throws Exception {
        try (RunningTrainer trainer = trainer()) {
            assertThat(trainer.server().port()).isPositive();
            assertThatThrownBy(this::trainer)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another trainer uses");
        }
    }

    @Test
    void watchersAreCounted() throws Exception {
        try (RunningTrainer trainer = trainer("--watchers=1")) {
            trainer.start("run", trainer.recipe(5000));
            var first = trainer.calls()
                    .watchRun(WatchRunRequest.newBuilder().setName("run").build());
            assertThat(first.next()).isNotNull();
            refused(Status.Code.RESOURCE_EXHAUSTED, "1 callers watch", () -> trainer.watch("run"));
            refused(
                    Status.Code.INVALID_ARGUMENT,
                    "1 recipes",
                    () -> trainer.calls()
                            .watchRun(WatchRunRequest.newBuilder()
                                    .setName("run")
                                    .setFromRecipe(2)
                                    .build())
                            .next());
        }
    }
}
