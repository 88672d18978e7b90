package io.millrace.deploy.bench.search;

import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.service.ShardRegistry;
import io.millrace.index.shard.ShardLimits;
import io.millrace.index.shard.ShardObserver;
import io.millrace.index.shard.ShardWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A shard as an index server runs it, in a folder that is removed with everything in it when closed. For one thread. */
final class TemporaryShard implements AutoCloseable {
    private static final String NO_SPACE = "0".repeat(64);
    // What is waited for takes tenths of seconds to minutes.
    private static final long POLL_MILLIS = 2;

    private final Path folder;
    private final ShardDescriptor descriptor;
    private final Failure failure = new Failure();
    private ShardRegistry shards;

    private TemporaryShard(Path folder, ShardDescriptor descriptor) {
        this.folder = folder;
        this.descriptor = descriptor;
        this.shards = open();
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
        TemporaryShard shard = new TemporaryShard(
                Files.createTempDirectory(work, "millrace-bench-"),
                new ShardDescriptor(new ShardIdentity("bench", 1, 0), NO_SPACE, 1, weights));
        try {
            shard.shards.createIfAbsent(shard.descriptor);
            return shard;
        } catch (RuntimeException | Error e) {
            shard.close();
            throw e;
        }
    }

    /** What it is. */
    ShardDescriptor descriptor() {
        return descriptor;
    }

    /** The server's shards, which are this one. */
    ShardRegistry shards() {
        return shards;
    }

    /** Its owner. */
    ShardWriter writer() {
        return shards.find(descriptor.identity()).orElseThrow(() -> new IllegalStateException("the shard is closed"));
    }

    /** Closes the shard and opens it again; nanoseconds of the opening alone. */
    long reopen() {
        shards.close();
        long begun = System.nanoTime();
        shards = open();
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

    private ShardRegistry open() {
        return ShardRegistry.open(folder, ShardLimits.defaults(), failure);
    }

    @Override
    public void close() throws IOException {
        shards.close();
        List<Path> contents;
        try (Stream<Path> walk = Files.walk(folder)) {
            contents = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : contents) {
            Files.deleteIfExists(file);
        }
    }
}
