package io.millrace.deploy.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.millrace.deploy.CommandRun;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.model.engine.PyTorchRuntime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --device} through real commands, and through a real process, on a machine without a GPU. */
class DeviceOptionTest {
    private static final Path MODEL = Path.of("../models/splade-tiny");

    @TempDir
    Path folder;

    private static CommandRun worker(String... more) {
        List<String> command =
                new ArrayList<>(List.of("worker", "--port", "0", "--metrics-port", "-1", "--model", MODEL.toString()));
        command.addAll(List.of(more));
        return CommandRun.of(command.toArray(String[]::new));
    }

    private static void assertRefused(CommandRun run, String... parts) {
        assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains(parts).doesNotContain("\tat ", "unexpected");
    }

    @Test
    void aProcessThatIsAskedForAGpuSaysWhatIsMissing() throws Exception {
        assumeFalse(PyTorchRuntime.cuda().available(), "there is a GPU here");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-modules=jdk.incubator.vector",
                        "-cp",
                        System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                        "io.millrace.deploy.Main",
                        "worker",
                        "--port=0",
                        "--metrics-port=-1",
                        "--device=cuda",
                        "--model=" + MODEL)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isEqualTo(ExitCode.USAGE);
        assertThat(said)
                .contains("millrace: ", "device is cuda:0, but ", "--device cpu")
                .doesNotContain("\tat ");
    }

    @Test
    void scoringAndMeasuringRefuseAMissingGpuToo() throws IOException {
        assumeFalse(PyTorchRuntime.cuda().available(), "there is a GPU here");
        Path data = Files.createDirectories(folder.resolve("data"));
        Files.writeString(data.resolve("corpus.jsonl"), "{\"_id\":\"1\",\"title\":\"\",\"text\":\"a text\"}\n");
        CommandRun bench = CommandRun.of(
                "bench", "encode", "--data", data.toString(), "--model", MODEL.toString(), "--device=cuda:1");
        assertThat(bench.code()).as(bench.err()).isEqualTo(ExitCode.FAILED);
        assertThat(bench.err()).contains("device is cuda:1, but ");
        Path pairs = Files.writeString(folder.resolve("pairs.tsv"), "a\tb\n");
        assertRefused(
                CommandRun.of("score", "--model", MODEL.toString(), "--device", "cuda", pairs.toString()),
                "device is cuda:0, but ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"int8", "int4"})
    void integersOnAGpuAreRefusedBeforeAnythingIsLoaded(String precision) {
        assertRefused(
                worker("--device=cuda", "--precision=" + precision),
                "precision is " + precision,
                "use fp32, bf16 or fp16 on a CUDA device");
    }

    @Test
    void anUnknownDeviceIsRefused() {
        assertRefused(worker("--device=tpu"), "device is 'tpu'", "cpu, cuda, cuda:N");
    }

    @Test
    void halfPrecisionThatEndsUpOnTheCpuIsRefused() {
        assumeFalse(PyTorchRuntime.cuda().available(), "there is a GPU here");
        assertRefused(worker("--device=auto", "--precision=fp16"), "precision is fp16", "use bf16 or int8 on a CPU");
    }

    @Test
    void autoTakesTheCpuWhereThereIsNoGpu() throws IOException {
        assumeFalse(PyTorchRuntime.cuda().available(), "there is a GPU here");
        Path data = Files.createDirectories(folder.resolve("data"));
        Files.writeString(data.resolve("corpus.jsonl"), "{\"_id\":\"1\",\"title\":\"\",\"text\":\"a text\"}\n");
        CommandRun run = CommandRun.of(
                "bench",
                "encode",
                "--data",
                data.toString(),
                "--model",
                MODEL.toString(),
                "--device=auto",
                "--kernels=unpacked",
                "--repetitions=1",
                "--threads=1",
                "-o",
                "json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().path("device").asText()).isEqualTo("cpu (1 thread)");
    }
}
