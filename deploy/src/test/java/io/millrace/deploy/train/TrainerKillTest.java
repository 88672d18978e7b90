package io.millrace.deploy.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.deploy.CommandRun;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cluster.ServerProcess;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A trainer in a process of its own that is killed in the middle of a run, and those who watch it from the command line. */
@Timeout(500)
class TrainerKillTest {
    private static final Duration PATIENCE = Duration.ofSeconds(200);

    @TempDir
    private Path folder;

    private Path recipe() throws IOException {
        Files.createDirectories(folder.resolve("root"));
        Files.writeString(folder.resolve("root/groups.jsonl"), NumbersRun.groups());
        return Files.writeString(folder.resolve("recipe.yaml"), """
                name: numbers
                base: ${MODELS}/splade-tiny
                steps: 30
                batch: {queries: 4, query-tokens: 16, document-tokens: 16}
                candidates: {group: 3}
                optimizer: {rate: 1e-4, warmup-steps: 2}
                dropout: {states: 0.1, attention: 0.1}
                loss: [{kind: margin-mse, weight: 0.05}, {kind: kl}]
                penalties: [{side: documents, kind: flops, lambda: 0.01}]
                data: [{kind: distillation, file: groups.jsonl}]
                keep: {every: 6, report: 1}
                """);
    }

    private ServerProcess trainer() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return new ServerProcess(
                    "trainer",
                    free.getLocalPort(),
                    folder.resolve("trainer.log"),
                    List.of(
                            "--threads=2",
                            "--data-dir=" + folder.resolve("data"),
                            "--roots=" + folder.resolve("root") + ",MODELS="
                                    + Path.of("../models").toAbsolutePath().normalize()));
        }
    }

    private Path log(String run) {
        return folder.resolve("data/runs").resolve(run).resolve("training/log.jsonl");
    }

    private int lines(String run) throws IOException {
        return NumbersRun.lines(log(run));
    }

    /** Lines of the log without what the clock says. */
    private List<String> steps(String run) throws IOException {
        return NumbersRun.timeless(log(run));
    }

    @Test
    void aRunGoesOnToTheLastBitWhenItsTrainerWasKilledAndWatchersSeeItAll() throws Exception {
        String recipe = recipe().toString();
        try (ServerProcess trainer = trainer()) {
            trainer.start();
            trainer.awaitServing(PATIENCE);
            CommandRun whole =
                    CommandRun.of("train", recipe, "--server", trainer.address(), "--name", "whole", "-o", "json");
            assertThat(whole.code()).as(whole.err()).isEqualTo(ExitCode.OK);
            assertThat(whole.json().path("state").asText()).isEqualTo("finished");
            assertThat(whole.err())
                    .contains("step 1  loss")
                    .contains("flops_documents")
                    .contains("step 30  loss");

            CommandRun started =
                    CommandRun.of("train", recipe, "--server", trainer.address(), "--name", "killed", "--detach");
            assertThat(started.code()).as(started.err()).isEqualTo(ExitCode.OK);
            CommandRun paused =
                    CommandRun.of("train", recipe, "--server", trainer.address(), "--name", "paused", "--detach");
            assertThat(paused.out()).contains("paused").contains("waiting").contains("place 1");
            CommandRun.of("train", "pause", "paused", "--server", trainer.address());
            CompletableFuture<CommandRun> watcher = CompletableFuture.supplyAsync(
                    () -> CommandRun.of("train", "watch", "killed", "--server", trainer.address()));
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (lines("killed") < 9 && System.nanoTime() < deadline) {
                Thread.sleep(2);
            }
            trainer.kill();
            int before = lines("killed");

            trainer.start();
            trainer.awaitServing(PATIENCE);
            CommandRun watched = watcher.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

            assertThat(before).as("steps before the kill").isBetween(9, 29);
            assertThat(watched.code()).as(watched.err()).isEqualTo(ExitCode.OK);
            assertThat(watched.out()).contains("finished").contains("step 30 of 30");
            for (int step = 1; step <= 30; step++) {
                assertThat(watched.err()).containsOnlyOnce("step " + step + "  loss");
            }
            assertThat(steps("killed")).isEqualTo(steps("whole")).hasSize(30);
            assertThat(Files.readAllBytes(log("killed").resolveSibling("last/model.safetensors")))
                    .isEqualTo(Files.readAllBytes(log("whole").resolveSibling("last/model.safetensors")));
            assertThat(log("killed").resolveSibling("report.html")).exists();

            CommandRun listed = CommandRun.of("train", "list", "--server", trainer.address(), "-o", "json");
            assertThat(listed.json().findValuesAsText("name")).containsExactly("killed", "paused", "whole");
            assertThat(listed.json().findValuesAsText("state")).containsExactly("finished", "paused", "finished");
            assertThat(CommandRun.of("train", "describe", "killed", "--server", trainer.address())
                            .out())
                    .contains("steps: 30");
            assertThat(CommandRun.of("train", "stop", "paused", "--server", trainer.address())
                            .out())
                    .contains("stopped");
            assertThat(CommandRun.of("train", "watch", "nothing", "--server", trainer.address())
                            .code())
                    .isEqualTo(ExitCode.NOT_FOUND);
        }
    }

    @Test
    void commandLinesThatMakeNoSenseAreRefused() throws Exception {
        String recipe = recipe().toString();
        assertThat(CommandRun.of("train").code()).isEqualTo(ExitCode.USAGE);
        assertThat(CommandRun.of("train", recipe, "--detach").err()).contains("--server");
        assertThat(CommandRun.of("train", "pause").code()).isEqualTo(ExitCode.USAGE);
        assertThat(CommandRun.of("train", "watch", "x", "--server", "127.0.0.1:1")
                        .code())
                .isEqualTo(ExitCode.UNREACHABLE);
        assertThat(CommandRun.of("trainer", "--data-dir=" + folder, "--roots=" + folder.resolve("none"))
                        .err())
                .contains("--roots");
    }
}
