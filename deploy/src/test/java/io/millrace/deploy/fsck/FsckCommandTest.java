package io.millrace.deploy.fsck;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.deploy.CommandRun;
import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.store.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FsckCommandTest {
    @TempDir
    Path directory;

    @BeforeEach
    void create() {
        try (DataDirectory data = DataDirectory.open(directory)) {
            data.create(
                    new ShardDescriptor(new ShardIdentity("books", 1, 0), "a1".repeat(32), 1, WeightScheme.float32()));
        }
    }

    @Test
    void cleanDirectoryEndsWithZero() {
        CommandRun run = CommandRun.of("fsck", directory.toString());
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).startsWith("clean: 1 shards, 0 documents, 0 segments with 0 postings");
        CommandRun json = CommandRun.of("fsck", directory.toString(), "-o", "json");
        assertThat(json.code()).isZero();
        assertThat(json.json().get("clean").asBoolean()).isTrue();
        assertThat(json.json().get("findings")).isEmpty();
        assertThat(json.json().get("shards").asInt()).isEqualTo(1);
    }

    @Test
    void damageIsPrintedAndHasACodeOfItsOwn() throws IOException {
        Files.delete(directory.resolve("shards/books.1.0/CURRENT"));
        CommandRun run = CommandRun.of("fsck", directory.toString());
        assertThat(run.code()).isEqualTo(6);
        assertThat(run.out()).contains("shard books.1.0: it can not be read", "DAMAGED in 1 places: 1 shards");
        CommandRun json = CommandRun.of("fsck", directory.toString(), "-o", "json");
        assertThat(json.code()).isEqualTo(6);
        assertThat(json.json().get("clean").asBoolean()).isFalse();
        assertThat(json.json().get("findings")).hasSize(1);
    }

    @Test
    void directoryInUseIsRefused() {
        try (DataDirectory held = DataDirectory.open(directory)) {
            assertThat(held.shardFolders()).hasSize(1);
            CommandRun run = CommandRun.of("fsck", directory.toString());
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err()).contains("is in use by another index server; stop it");
        }
    }

    @Test
    void otherDirectoryIsAUsageError() {
        CommandRun run = CommandRun.of("fsck", directory.resolve("shards").toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("it is no index server's data directory");
    }
}
