package io.millrace.deploy.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.deploy.CommandRun;
import io.millrace.deploy.cli.ExitCode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Roles that cannot start: one sentence that says what to do, and never a stack trace. */
class RefusedStartTest {
    @TempDir
    Path folder;

    @Test
    void aTruncatedModelIsNamed() throws IOException {
        Path model = copyOfTheEmbeddedModel();
        cut(model.resolve("model.safetensors"), 5_000_000);
        assertRefused(CommandRun.of("worker", "--port", "0", "--model", model.toString()), "model.safetensors");
        // Without digests to compare, the header itself gives it away.
        Files.delete(model.resolve("millrace.json"));
        assertRefused(CommandRun.of("worker", "--port", "0", "--model", model.toString()), "model.safetensors");
    }

    @Test
    void aTokenizerOfAnotherModelIsNamed() throws IOException {
        Path model = copyOfTheEmbeddedModel();
        Files.delete(model.resolve("millrace.json"));
        Path tokenizer = model.resolve("tokenizer.json");
        Files.writeString(tokenizer, Files.readString(tokenizer).replaceFirst("\"vocab\": ?\\{", "$0\"zzz\": 40000,"));
        assertRefused(
                CommandRun.of("worker", "--port", "0", "--model", model.toString()),
                "tokenizer.json has 40001 ids",
                "belongs to another model");
    }

    @Test
    void aDamagedCatalogIsNamed() throws IOException {
        Files.writeString(folder.resolve("catalog"), "not a catalog at all");
        assertRefused(
                CommandRun.of(
                        "coordinator",
                        "--port",
                        "0",
                        "--metrics-port",
                        "-1",
                        "--data-dir",
                        folder.toString(),
                        "--workers",
                        "127.0.0.1:1",
                        "--index-servers",
                        "127.0.0.1:2"),
                folder.toString(),
                "restore it from a backup");
    }

    private static void assertRefused(CommandRun run, String... parts) {
        assertThat(run.code()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err().lines().filter(line -> line.startsWith("millrace:")))
                .singleElement()
                .asString()
                .contains(parts);
        assertThat(run.err()).doesNotContain("\tat ", "unexpected");
    }

    private Path copyOfTheEmbeddedModel() throws IOException {
        Path copy = Files.createDirectory(folder.resolve("model"));
        for (String name : new String[] {"config.json", "model.safetensors", "tokenizer.json", "millrace.json"}) {
            Files.copy(Path.of("../models/splade-tiny", name), copy.resolve(name));
        }
        return copy;
    }

    private static void cut(Path file, long length) throws IOException {
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.setLength(length);
        }
    }
}
