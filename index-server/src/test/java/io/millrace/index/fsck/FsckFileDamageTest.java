package io.millrace.index.fsck;

import static io.millrace.index.fsck.DamagedShard.NOTHING;
import static io.millrace.index.fsck.DamagedShard.SHARD;
import static io.millrace.index.fsck.DamagedShard.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.codec.ByteSink;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.store.Keys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files are named, and what is no shard of ours. */
class FsckFileDamageTest {
    @TempDir
    private Path directory;

    @Test
    void damagedFilesAreNamedAndTheRestIsLeftOut() throws Exception {
        new DamagedShard(directory).create(WeightScheme.float32());
        Path file = new DamagedShard(directory).largest(".sst");
        byte[] bytes = Files.readAllBytes(file);
        byte[] damaged = bytes.clone();
        damaged[20] ^= 1;
        Files.write(file, damaged);
        FsckReport report = Fsck.check(directory);
        assertThat(report.findings())
                .singleElement()
                .asString()
                .contains(SHARD, "file " + file.getFileName(), "is damaged: ", "checksum");
        assertThat(report.notes()).singleElement().asString().contains("not held against one another");
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        assertThat(Fsck.check(directory).findings())
                .singleElement()
                .asString()
                .contains(SHARD, file.getFileName().toString());
        Files.delete(file);
        assertThat(Fsck.check(directory).findings())
                .singleElement()
                .asString()
                .contains(SHARD, file.getFileName().toString());
    }

    @Test
    void damagedLogIsNamed() throws Exception {
        new DamagedShard(directory).create(WeightScheme.float32());
        Path log = new DamagedShard(directory).largest(".log");
        byte[] bytes = Files.readAllBytes(log);
        bytes[bytes.length / 3] ^= 1;
        Files.write(log, bytes);
        assertThat(Fsck.check(directory).findings()).singleElement().asString().contains(SHARD, "cannot be opened");
    }

    @Test
    void folderOfAnotherNameIsNamed() throws Exception {
        new DamagedShard(directory).create(WeightScheme.float32());
        Files.move(directory.resolve("shards/books.1.0"), directory.resolve("shards/films.1.0"));
        assertThat(Fsck.check(directory).findings())
                .containsExactly(
                        "shard films.1.0: its descriptor is that of shard books/1/0, whose folder is books.1.0");
    }

    @Test
    void unknownSchemaIsRefused() throws Exception {
        new DamagedShard(directory).create(WeightScheme.float32());
        try (RawRows rows = new RawRows(directory.resolve("shards/books.1.0"))) {
            rows.put(
                    "default",
                    utf8("descriptor"),
                    new ByteSink().putInt(0x53524C4D).putInt(99).toValue());
        }
        assertThatThrownBy(() -> Fsck.check(directory))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.UNSUPPORTED))
                .hasMessageContaining("schema version 99");
    }

    @Test
    void findingsBeyondTheLimitAreCounted() throws Exception {
        new DamagedShard(directory).create(WeightScheme.float32());
        try (RawRows rows = new RawRows(directory.resolve("shards/books.1.0"))) {
            for (int i = 0; i < 150; i++) {
                rows.put("dels", Keys.ordinal(1_000 + i), NOTHING);
            }
        }
        FsckReport report = Fsck.check(directory);
        assertThat(report.findings()).hasSize(100);
        assertThat(report.damages()).isEqualTo(150);
    }
}
