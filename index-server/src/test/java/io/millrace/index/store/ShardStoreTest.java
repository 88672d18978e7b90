package io.millrace.index.store;

import static io.millrace.index.shard.ShardFixture.put;
import static io.millrace.index.shard.ShardFixture.scoring;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentBuilder;
import io.millrace.index.segment.SegmentMerger;
import io.millrace.index.segment.SegmentView;
import io.millrace.index.shard.ShardFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories and files of shards: locked, whole or not there, checked when opened. */
class ShardStoreTest {
    @TempDir
    private Path directory;

    @Test
    void dataDirectoryBelongsToOneServerAtATime() {
        try (DataDirectory first = DataDirectory.open(directory)) {
            assertThat(first.shardFolders()).isEmpty();
            assertThatThrownBy(() -> DataDirectory.open(directory))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.LOCKED))
                    .hasMessageContaining("in use by another index server");
        }
        DataDirectory.open(directory).close();
    }

    @Test
    void shardOpenAlreadyIsRefused() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 100)) {
            assertThatThrownBy(() -> ShardStore.open(fixture.folder()))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.LOCKED))
                    .hasMessageContaining("open already");
        }
    }

    @Test
    void halfMadeAndHalfDroppedShardsAreRemovedWhenTheDirectoryIsOpened() throws Exception {
        Files.createDirectories(directory.resolve("shards/books.1.0.creating/x"));
        Files.createDirectories(directory.resolve("shards/books.1.1.dropped"));
        Files.writeString(directory.resolve("shards/books.1.1.dropped/000001.log"), "left over");
        try (DataDirectory data = DataDirectory.open(directory)) {
            assertThat(data.shardFolders()).isEmpty();
            data.create(ShardFixture.descriptor(WeightScheme.float32()));
            assertThat(data.shardFolders()).hasSize(1);
            data.drop(ShardFixture.descriptor(WeightScheme.float32()).identity());
            assertThat(data.shardFolders()).isEmpty();
        }
    }

    @Test
    void segmentThatNoManifestNamesIsCollectedWhenTheShardIsOpened() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 2)) {
            fixture.apply(put(1, 1, "a", scoring(1f)), put(2, 2, "b", scoring(2f)));
            ShardStore store = fixture.shard().store();
            assertThat(store.manifest().segments()).hasSize(1);
            // What a crash between writing files and naming them leaves behind.
            Segment run = SegmentBuilder.build(
                    List.of(new DocumentVersion(900, DocumentId.of("ghost"), scoring(9f))), WeightScheme.float32());
            Segment orphan = SegmentMerger.merge(List.of(SegmentView.of(run)), 77);
            store.segments().write(orphan);
            assertThat(store.segments().stored()).containsExactlyInAnyOrder(1, 77);
            fixture.restart();
            assertThat(fixture.shard().store().segments().stored()).containsExactly(1);
            assertThat(fixture.found()).containsExactly("b", "a");
            run.release();
            orphan.release();
        }
    }

    @Test
    void mergedAwaySegmentsLeaveTheDisk() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 1)) {
            for (int i = 1; i <= 40; i++) {
                fixture.apply(put(i, i, "doc-" + i, scoring(i)));
            }
            ShardStore store = fixture.shard().store();
            assertThat(store.manifest().segments()).hasSizeLessThan(16);
            assertThat(store.segments().stored())
                    .containsExactlyInAnyOrderElementsOf(store.manifest().segments().stream()
                            .map(segment -> segment.id())
                            .toList());
        }
    }

    @Test
    void flippedByteInTheMiddleOfTheLogIsRefusedNotSkipped() throws Exception {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 1_000)) {
            for (int i = 1; i <= 50; i++) {
                fixture.apply(put(i, i, "doc-" + i, scoring(i)));
            }
        }
        Path log = largest(".log");
        byte[] bytes = Files.readAllBytes(log);
        bytes[bytes.length / 2] ^= 1;
        Files.write(log, bytes);
        assertThatThrownBy(() -> ShardFixture.reopen(directory, 1_000))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPT))
                .hasMessageContaining("books.1.0 cannot be opened")
                .hasMessageContaining("restore the shard from a backup");
    }

    @Test
    void logCutInItsLastRecordLosesOnlyThatRecord() throws Exception {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 1_000)) {
            for (int i = 1; i <= 5; i++) {
                fixture.apply(put(i, i, "doc-" + i, scoring(i)));
            }
        }
        Path log = largest(".log");
        byte[] bytes = Files.readAllBytes(log);
        Files.write(log, Arrays.copyOf(bytes, bytes.length - 3));
        try (ShardFixture fixture = ShardFixture.reopen(directory, 1_000)) {
            assertThat(fixture.found()).containsExactly("doc-4", "doc-3", "doc-2", "doc-1");
        }
    }

    @Test
    void flippedByteInASegmentFileIsRefusedNotServed() throws Exception {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 200)) {
            for (int i = 1; i <= 200; i++) {
                fixture.apply(put(i, i, "doc-" + i, scoring(i)));
            }
            assertThat(fixture.shard().size().segments()).isEqualTo(1);
        }
        Path file = largest(".sst");
        byte[] bytes = Files.readAllBytes(file);
        bytes[40] ^= 1;
        Files.write(file, bytes);
        assertThatThrownBy(() -> ShardFixture.reopen(directory, 200))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPT));
    }

    private Path largest(String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(path -> path.toString().endsWith(suffix))
                    .max(Comparator.comparingLong(path -> path.toFile().length()))
                    .orElseThrow();
        }
    }
}
