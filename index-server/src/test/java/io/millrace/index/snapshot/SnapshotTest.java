package io.millrace.index.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.crash.History;
import io.millrace.index.crash.OperationStream;
import io.millrace.index.crash.RecoveredShard;
import io.millrace.index.record.StoreException;
import io.millrace.index.shard.ShardFixture;
import io.millrace.index.shard.ShardObserver;
import io.millrace.index.store.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots are whole states, wherever they are taken in a shard's life, and become shards again. */
class SnapshotTest {
    private static final long BATCHES = 400;

    @TempDir
    private Path folder;

    @Test
    void everySnapshotTakenDuringWritesFlushesAndMergesIsTheStateAtItsIndex() throws Exception {
        OperationStream history = new OperationStream(11);
        Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
        ShardObserver observer = new ShardObserver() {
            @Override
            public void maintenanceFailed(RuntimeException cause) {
                failures.add(cause);
            }
        };
        List<Snapshot> snapshots = new ArrayList<>();
        try (SnapshotFixture fixture = new SnapshotFixture(folder, observer)) {
            AtomicLong acknowledged = new AtomicLong();
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                for (long index = 1; index <= BATCHES; index++) {
                    acknowledged.set(fixture.writer()
                            .submit(history.batch(index), System.nanoTime() + 60_000_000_000L)
                            .join()
                            .appliedIndex());
                }
            });
            while (!writing.isDone() && snapshots.size() < 12) {
                long before = acknowledged.get();
                Snapshot snapshot = fixture.snapshot("during-" + snapshots.size());
                assertThat(snapshot.manifest().checkpoint().appliedIndex()).isGreaterThanOrEqualTo(before);
                snapshots.add(snapshot);
            }
            writing.get();
            assertThat(fixture.writer().shard().size().segments()).isPositive();
            snapshots.add(fixture.snapshot("at-the-end"));
        }
        assertThat(failures).as("failed flushes and merges").isEmpty();
        assertThat(snapshots).hasSizeGreaterThan(2);
        assertThat(snapshots.getLast().manifest().checkpoint().appliedIndex()).isEqualTo(BATCHES);
        for (Snapshot snapshot : snapshots) {
            long index = snapshot.manifest().checkpoint().appliedIndex();
            Path restored = folder.resolve("restored-" + snapshot.folder().getFileName());
            Snapshot.open(snapshot.folder()).restore(restored);
            assertThat(RecoveredShard.verify(restored, history, index)).isEqualTo(index);
            assertThat(History.of(history).after(index).live())
                    .hasSize((int) snapshot.manifest().checkpoint().documents());
        }
        Path last = folder.resolve("restored-at-the-end");
        // The session table came along.
        RecoveredShard.verifyResending(last, history, BATCHES);
    }

    @Test
    void snapshotOutlivesItsShardAndKeepsItsState() throws Exception {
        OperationStream history = new OperationStream(3);
        Snapshot early;
        try (SnapshotFixture fixture = new SnapshotFixture(folder).write(history, 1, 60)) {
            early = fixture.snapshot("early");
            fixture.write(history, 61, 200);
        }
        try (DataDirectory data = DataDirectory.open(folder.resolve("data"))) {
            data.drop(early.manifest().checkpoint().descriptor().identity());
        }
        early.verify();
        early.restore(folder.resolve("data"));
        assertThat(RecoveredShard.verify(folder.resolve("data"), history, 60)).isEqualTo(60);
        early.verify();
        assertThat(Snapshot.open(early.folder())).isEqualTo(early);
    }

    @Test
    void nameThatExistsOrIsNoneIsRefused() throws Exception {
        try (SnapshotFixture fixture = new SnapshotFixture(folder)) {
            fixture.snapshot("a");
            assertThatThrownBy(() -> fixture.snapshot("a"))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.EXISTS))
                    .hasMessageContaining("snapshot 'a' exists");
            for (String name : List.of("", ".", "..", ".a", "a/b", "../a", "/tmp/a", "a b", "ä", "a".repeat(129))) {
                assertThatThrownBy(() -> fixture.snapshot(name))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("is not a name of a snapshot");
            }
            fixture.snapshot("A-b_c.9" + "d".repeat(121));
        }
    }

    @Test
    void snapshotThatIsTooLateOrOfAClosedShardLeavesNothing() throws Exception {
        SnapshotFixture fixture = new SnapshotFixture(folder);
        try (fixture) {
            assertThatThrownBy(() -> fixture.snapshots().create("late", fixture.writer(), System.nanoTime() - 1))
                    .isInstanceOf(TimeoutException.class);
            fixture.writer().close();
            assertThatThrownBy(() -> fixture.snapshot("closed"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closing");
        }
        assertThat(names(folder.resolve("snapshots"))).containsExactly("millrace.lock");
    }

    @Test
    void halfMadeSnapshotsAreRemovedWhenTheDirectoryIsOpenedAndFinishedOnesStay() throws Exception {
        try (SnapshotFixture fixture = new SnapshotFixture(folder)) {
            fixture.snapshot("whole.creating");
        }
        Path snapshots = folder.resolve("snapshots");
        Files.createDirectories(snapshots.resolve(".half.creating/database.tmp"));
        Files.writeString(snapshots.resolve(".half.creating/database.tmp/000007.sst"), "left over");
        SnapshotDirectory.open(snapshots, folder.resolve("data")).close();
        assertThat(names(snapshots)).containsExactly("millrace.lock", "whole.creating");
    }

    @Test
    void directoryOfSnapshotsBelongsToOneServerAndIsNotAmongItsShards() throws Exception {
        try (SnapshotFixture fixture = new SnapshotFixture(folder)) {
            Path data = folder.resolve("data");
            assertThat(fixture.snapshots()).isNotNull();
            assertThatThrownBy(() -> SnapshotDirectory.open(folder.resolve("snapshots"), data))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("in use by another index server");
            for (Path wrong : List.of(data, data.resolve("shards"), data.resolve("shards/x"))) {
                assertThatThrownBy(() -> SnapshotDirectory.open(wrong, data))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("choose a directory of its own");
            }
        }
    }

    @Test
    void restoreRefusesAShardThatExistsAndADirectoryInUse() throws Exception {
        Snapshot snapshot;
        Path other = folder.resolve("other");
        try (SnapshotFixture fixture = new SnapshotFixture(folder).write(new OperationStream(5), 1, 20)) {
            snapshot = fixture.snapshot("a");
        }
        assertThatThrownBy(() -> snapshot.restore(folder.resolve("data")))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.EXISTS))
                .hasMessageContaining("books/1/0");
        try (DataDirectory data = DataDirectory.open(other)) {
            assertThatThrownBy(() -> snapshot.restore(other))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.LOCKED));
            assertThat(data.shardFolders()).isEmpty();
        }
        snapshot.restore(other);
        try (ShardFixture restored = ShardFixture.reopen(other, 25)) {
            assertThat(restored.shard().durableIndex()).isEqualTo(20);
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
