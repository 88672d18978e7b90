package io.millrace.index.snapshot;

import io.millrace.index.crash.OperationStream;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.ShardFixture;
import io.millrace.index.shard.ShardObserver;
import io.millrace.index.shard.ShardWriter;
import io.millrace.index.store.DataDirectory;
import io.millrace.index.store.ShardStore;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A shard with its writer thread, flushes and merges, and a directory for its snapshots, under one folder. */
final class SnapshotFixture implements AutoCloseable {
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final ShardWriter writer;
    private final SnapshotDirectory snapshots;

    SnapshotFixture(Path folder) {
        this(folder, ShardFixture.STRICT);
    }

    SnapshotFixture(Path folder, ShardObserver observer) {
        Path data = folder.resolve("data");
        Path shard;
        try (DataDirectory directory = DataDirectory.open(data)) {
            shard = directory.create(ShardFixture.descriptor(WeightScheme.float32()));
        }
        snapshots = SnapshotDirectory.open(folder.resolve("snapshots"), data);
        writer = ShardWriter.start(ShardStore.open(shard), ShardFixture.limits(25), threads, threads, observer);
    }

    ShardWriter writer() {
        return writer;
    }

    SnapshotDirectory snapshots() {
        return snapshots;
    }

    Snapshot snapshot(String name) throws Exception {
        return snapshots.create(name, writer, System.nanoTime() + 60_000_000_000L);
    }

    /** Writes the batches of a history from one index to another, both included, and waits for the last. */
    SnapshotFixture write(OperationStream history, long from, long to) throws Exception {
        for (long index = from; index <= to; index++) {
            writer.submit(history.batch(index), Long.MAX_VALUE).get();
        }
        return this;
    }

    @Override
    public void close() {
        writer.close();
        threads.close();
        snapshots.close();
    }
}
