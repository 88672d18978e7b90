package io.millrace.index.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.index.batch.ShardBatch;
import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.batch.ShardBatch.Put;
import io.millrace.index.batch.ShardBatch.WriterProgress;
import io.millrace.index.fsck.Fsck;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.Stamp;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.ShardFixture;
import io.millrace.index.shard.ShardLimits;
import io.millrace.index.shard.ShardObserver;
import io.millrace.index.shard.ShardObserver.Step;
import io.millrace.index.shard.ShardWriter;
import io.millrace.index.snapshot.SnapshotDirectory;
import io.millrace.index.store.DataDirectory;
import io.millrace.index.store.ShardStore;
import io.millrace.v1.DocumentSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A shard on a disk that is soon full. */
class DiskFullTest {
    private static final long SEED = 31;
    private static final long MIB = 1 << 20;
    // RocksDB looks for room every 5 s.
    private static final long RESUMES_WITHIN_MILLIS = 20_000;

    @TempDir
    private Path directory;

    private final OperationStream stream = new OperationStream(SEED);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TinyDisk disk;
    private Path data;
    private long acked;

    @BeforeEach
    void mount() throws Exception {
        TinyDisk mounted = TinyDisk.mount(Files.createDirectory(directory.resolve("disk")), 80);
        assumeTrue(mounted != null, "a tmpfs can not be mounted here (that takes root); full disks are not tried");
        disk = mounted;
        data = disk.root().resolve("data");
        ShardFixture.create(data, WeightScheme.float32(), 1_000).close();
    }

    @AfterEach
    void unmount() throws Exception {
        threads.close();
        if (disk != null) {
            disk.close();
        }
    }

    @Test
    void diskBelowItsReserveRefusesWritesUntilThereIsRoomAgain() throws Exception {
        try (ShardWriter writer = open(new ShardLimits(20, 1L << 40, 1_000_000, 8 * MIB), ShardFixture.STRICT);
                SnapshotDirectory snapshots = SnapshotDirectory.open(disk.root().resolve("snapshots"), data)) {
            write(writer, 200);
            disk.fill(6 * MIB);
            assertRefused(writer, StoreException.Kind.NO_SPACE, "6 MiB left and 8 MiB are kept free; free some space");
            assertThatThrownBy(() -> snapshots.create("full", writer, Long.MAX_VALUE))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.NO_SPACE));
            assertReads(writer);
            assertThat(writer.shard().store().failure()).isNull();
            disk.free(Long.MAX_VALUE);
            write(writer, 200);
            snapshots.create("room", writer, Long.MAX_VALUE).verify();
        }
        RecoveredShard.verify(data, stream, acked);
    }

    @Test
    void flushThatFillsTheDiskKeepsTheBufferAndWritingResumesByItself() throws Exception {
        failsAndResumes(Step.FLUSH_BUILT, 3);
    }

    @Test
    void mergeThatFillsTheDiskKeepsItsInputsAndWritingResumesByItself() throws Exception {
        failsAndResumes(Step.MERGE_BUILT, 2);
    }

    private void failsAndResumes(Step full, int occurrence) throws Exception {
        FillingObserver filling = new FillingObserver(disk, full, occurrence);
        try (ShardWriter writer = open(new ShardLimits(20, 1L << 40, 1_000_000, 0), filling)) {
            while (filling.failures() == 0) {
                write(writer, 1);
                filling.fillIfAsked();
            }
            disk.fill(0);
            assertRefused(writer, StoreException.Kind.NO_SPACE, "ran out of disk space", "writing resumes by itself");
            assertReads(writer);
            assertThat(writer.shard().store().failure()).as("not for good").isNull();
            disk.free(Long.MAX_VALUE);
            awaitWritable(writer);
            write(writer, 200);
            assertReads(writer);
        }
        RecoveredShard.verify(data, stream, acked);
    }

    @Test
    void logThatFillsTheDiskStopsWritingUntilTheShardIsOpenedAgain() throws Exception {
        // RocksDB reserves some space for its log and flushes once it has 16 MiB of a family: the last write goes
        // beyond both.
        List<Integer> sizes = List.of(5, 5, 5, 10);
        int written = 0;
        try (ShardWriter writer = open(new ShardLimits(1_000, 1L << 40, 1_000_000, 0), ShardObserver.NONE)) {
            writer.submit(large(1, 1), Long.MAX_VALUE).join();
            disk.fill(0);
            for (int mebibytes : sizes) {
                try {
                    writer.submit(large(written + 2, mebibytes), Long.MAX_VALUE).join();
                    written++;
                } catch (CompletionException e) {
                    assertThat(e.getCause())
                            .isInstanceOfSatisfying(
                                    StoreException.class,
                                    store -> assertThat(store.kind()).isEqualTo(StoreException.Kind.NO_SPACE))
                            .hasMessageContaining("the log of shard books/1/0 ran out of disk space")
                            .hasMessageContaining("then restart the server to write again");
                }
            }
            assertThat(writer.shard().store().failure()).as("for good").isNotNull();
            disk.free(Long.MAX_VALUE);
            // Longer than RocksDB takes to resume.
            Thread.sleep(RESUMES_WITHIN_MILLIS / 3);
            assertRefused(writer, StoreException.Kind.NO_SPACE, "is read-only", "restart the server");
            assertThat(writer.shard().size().documents()).isEqualTo(written + 1);
        }
        try (ShardWriter writer = open(new ShardLimits(1_000, 1L << 40, 1_000_000, 0), ShardFixture.STRICT)) {
            assertThat(writer.shard().size().documents()).isBetween(written + 1L, written + 2L);
            writer.submit(large(99, 5), Long.MAX_VALUE).join();
        }
        assertThat(Fsck.check(data).findings()).isEmpty();
    }

    private static ShardBatch large(long number, int mebibytes) {
        DocumentSource source = DocumentSource.newBuilder()
                .setText("x".repeat((int) (mebibytes * MIB)))
                .build();
        Put put = new Put(source.toByteArray(), ShardFixture.scoring(1f));
        return new ShardBatch(
                List.of(new WriterProgress("large", 0)),
                List.of(new Operation(0, number, new Stamp(number, 0), DocumentId.of("large-" + number), put)));
    }

    private void write(ShardWriter writer, int batches) {
        for (int i = 0; i < batches; i++) {
            writer.submit(stream.batch(acked + 1), Long.MAX_VALUE).join();
            acked++;
        }
    }

    private void awaitWritable(ShardWriter writer) throws InterruptedException {
        long end = System.nanoTime() + RESUMES_WITHIN_MILLIS * 1_000_000;
        while (true) {
            try {
                write(writer, 1);
                return;
            } catch (CompletionException e) {
                assertThat(e.getCause()).hasMessageContaining("writing resumes by itself");
                assertThat(System.nanoTime()).as("RocksDB did not resume").isLessThan(end);
                Thread.sleep(50);
            }
        }
    }

    private void assertRefused(ShardWriter writer, StoreException.Kind kind, String... parts) {
        assertThatThrownBy(() ->
                        writer.submit(stream.batch(acked + 1), Long.MAX_VALUE).join())
                .cause()
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageContainingAll(parts);
    }

    private void assertReads(ShardWriter writer) {
        RecoveredShard.verifyState(writer.shard(), History.of(stream).after(acked));
    }

    private ShardWriter open(ShardLimits limits, ShardObserver observer) {
        try (DataDirectory opened = DataDirectory.open(data)) {
            return ShardWriter.start(
                    ShardStore.open(opened.shardFolders().getFirst()), limits, threads, threads, observer);
        }
    }

    /**
     * Asks for the disk to be filled when a flush or merge is about to write, and takes its failure down. Filled between two
     * batches, because a batch would meet the end of the log otherwise.
     */
    private static final class FillingObserver implements ShardObserver {
        private final TinyDisk disk;
        private final Step step;
        private final AtomicInteger left;
        private final AtomicInteger failures = new AtomicInteger();
        private volatile boolean asked;
        private volatile boolean full;
        private volatile boolean finished;

        FillingObserver(TinyDisk disk, Step step, int occurrence) {
            this.disk = disk;
            this.step = step;
            this.left = new AtomicInteger(occurrence);
        }

        void fillIfAsked() throws IOException {
            if (!asked) {
                return;
            }
            finished = false;
            disk.fill(0);
            full = true;
            while (!finished) {
                // RocksDB removes files of its own meanwhile.
                disk.fill(0);
            }
            full = false;
            asked = false;
            if (failures() == 0) {
                // It found room all the same.
                disk.free(32 * MIB);
                left.set(1);
            }
        }

        int failures() {
            return failures.get();
        }

        @Override
        public void reached(Step reached) {
            if (reached == step && left.decrementAndGet() == 0) {
                asked = true;
                while (!full && failures() == 0) {
                    LockSupport.parkNanos(1_000_000);
                }
            }
        }

        @Override
        public void flushed(long nanos) {
            finished |= step == Step.FLUSH_BUILT;
        }

        @Override
        public void merged(long nanos) {
            finished |= step == Step.MERGE_BUILT;
        }

        @Override
        public void maintenanceFailed(RuntimeException cause) {
            failures.incrementAndGet();
            finished = true;
        }
    }
}
