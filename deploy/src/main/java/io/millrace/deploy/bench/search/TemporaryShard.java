package io.millrace.deploy.bench.search;

import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.ShardLimits;
import io.millrace.index.shard.ShardObserver;
import io.millrace.index.shard.ShardWriter;
import io.millrace.index.store.DataDirectory;
import io.millrace.index.store.ShardStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A shard as an index server runs it, in a folder that is removed with everything in it when closed. For one thread. */
final class TemporaryShard implements AutoCloseable {
    private static final String NO_SPACE = "0".repeat(64);
    // What is waited for takes tenths of seconds to minutes.
    private static final long POLL_MILLIS = 2;

    private final Path folder;
    private final DataDirectory data;
    private final ExecutorService flushes = Executors.newSingleThreadExecutor();
    private final ExecutorService merges = Executors.newSingleThreadExecutor();
    private final Failure failure = new Failure();
    private @Nullable ShardWriter writer;

    private TemporaryShard(Path folder) {
        this.folder = folder;
        this.data = DataDirectory.open(folder);
    }

    /** The first flush or merge that failed. */
    private static final class Failure implements ShardObserver {
        private volatile @Nullable RuntimeException first;

        @Override
        public void maintenanceFailed(RuntimeException cause) {
            if (first == null) {
                first = cause;
            }
        }
    }

    /**
     * An empty shard, open.
     *
     * @param work folder under which its own is made
     */
    static TemporaryShard create(Path work, WeightScheme weights) throws IOException {
        TemporaryShard shard = new TemporaryShard(Files.createTempDirectory(work, "millrace-bench-"));
        try {
            shard.start(shard.data.create(new ShardDescriptor(new ShardIdentity("bench", 1, 0), NO_SPACE, 1, weights)));
            return shard;
        } catch (RuntimeException | Error e) {
            shard.close();
            throw e;
        }
    }

    /** Its owner. */
    ShardWriter writer() {
        if (writer == null) {
            throw new IllegalStateException("the shard is closed");
        }
        return writer;
    }

    /** Closes the shard and opens it again; nanoseconds of the opening alone. */
    long reopen() {
        writer().close();
        Path stored = data.shardFolders().getFirst();
        long begun = System.nanoTime();
        start(stored);
        return System.nanoTime() - begun;
    }

    /**
     * Waits until no flush or merge is under way.
     *
     * @throws IOException if one has failed
     */
    void settle() throws IOException, InterruptedException {
        while (writer().maintaining().join()) {
            Thread.sleep(POLL_MILLIS);
        }
        RuntimeException failed = failure.first;
        if (failed != null) {
            throw new IOException("a segment could not be made: " + failed.getMessage(), failed);
        }
    }

    private void start(Path stored) {
        writer = ShardWriter.start(ShardStore.open(stored), ShardLimits.defaults(), flushes, merges, failure);
    }

    @Override
    public void close() throws IOException {
        if (writer != null) {
            writer.close();
        }
        flushes.close();
        merges.close();
        data.close();
        List<Path> contents;
        try (Stream<Path> walk = Files.walk(folder)) {
            contents = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : contents) {
            Files.deleteIfExists(file);
        }
    }
}
