package io.millrace.deploy.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training in a process of its own that is killed in the middle of a step, between two saved states. */
class TrainKillTest {
    private static final Path MODEL =
            Path.of("../models/splade-tiny").toAbsolutePath().normalize();
    private static final long PATIENCE_SECONDS = 180;

    @TempDir
    private Path temporary;

    private Path recipe() throws IOException {
        Files.writeString(temporary.resolve("groups.jsonl"), NumbersRun.groups());
        return Files.writeString(temporary.resolve("recipe.yaml"), """
                name: killed
                base: %s
                steps: 24
                batch: {queries: 4, query-tokens: 16, document-tokens: 16}
                candidates: {group: 3}
                optimizer: {rate: 1e-4, warmup-steps: 2}
                dropout: {states: 0.1, attention: 0.1}
                loss: [{kind: margin-mse, weight: 0.05}, {kind: kl}]
                penalties: [{side: documents, kind: flops, lambda: 0.01}]
                data: [{kind: distillation, file: groups.jsonl}]
                keep: {every: 5, report: 1}
                """.formatted(MODEL));
    }

    private Process train(Path recipe, Path folder) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx768m",
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-modules=jdk.incubator.vector",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                        "io.millrace.deploy.Main",
                        "train",
                        recipe.toString(),
                        "--out",
                        folder.toString(),
                        "--threads",
                        "2")
                .redirectErrorStream(true)
                .redirectOutput(temporary.resolve("output").toFile())
                .start();
    }

    private void finish(Process process) throws IOException, InterruptedException {
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue())
                .as(Files.readString(temporary.resolve("output")))
                .isZero();
    }

    /** Lines of the log without what the clock says. */
    private static List<String> log(Path folder) throws IOException {
        return NumbersRun.timeless(folder.resolve("log.jsonl"));
    }

    @Test
    void takesTheSameStepsToTheLastBitAfterAKill() throws Exception {
        Path recipe = recipe();
        Path whole = temporary.resolve("whole");
        Path killed = temporary.resolve("killed");
        finish(train(recipe, whole));

        Process process = train(recipe, killed);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (process.isAlive() && System.nanoTime() < deadline && lines(killed) < 13) {
            Thread.sleep(2);
        }
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        int before = lines(killed);
        finish(train(recipe, killed));

        assertThat(before).as("steps before the kill").isBetween(13, 23);
        assertThat(log(killed)).isEqualTo(log(whole)).hasSize(24);
        assertThat(Files.readAllBytes(killed.resolve("last/model.safetensors")))
                .isEqualTo(Files.readAllBytes(whole.resolve("last/model.safetensors")));
        assertThat(whole.resolve("report.html")).exists();
    }

    @Test
    void endsAfterTheStepThatItTakesWhenItIsToldToAndGoesOnFromThere() throws Exception {
        Path recipe = recipe();
        Path stopped = temporary.resolve("stopped");
        Process process = train(recipe, stopped);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (process.isAlive() && System.nanoTime() < deadline && lines(stopped) < 3) {
            Thread.sleep(2);
        }

        process.destroy();

        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as("the process ends")
                .isTrue();
        int before = lines(stopped);
        assertThat(before).isBetween(3, 23);
        assertThat(stopped.resolve("states")).isNotEmptyDirectory();
        finish(train(recipe, stopped));
        assertThat(log(stopped)).hasSize(24);
    }

    private static int lines(Path folder) throws IOException {
        return NumbersRun.lines(folder.resolve("log.jsonl"));
    }
}
