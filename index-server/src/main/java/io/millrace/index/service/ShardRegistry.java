package io.millrace.index.service;

import io.millrace.index.order.BackgroundPriority;
import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.shard.ShardLimits;
import io.millrace.index.shard.ShardObserver;
import io.millrace.index.shard.ShardWriter;
import io.millrace.index.store.DataDirectory;
import io.millrace.index.store.ShardStore;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shards of this server, open and by name, and the threads they flush and merge on. Look-ups are safe for any
 * thread; creating and dropping take turns.
 */
public final class ShardRegistry implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShardRegistry.class);

    /** Most shards of one server: each has a thread, files and caches of its own. */
    static final int MAX_SHARDS = 1_024;

    private final DataDirectory directory;
    private final ShardLimits limits;
    private final ShardObserver observer;
    private final ExecutorService flushes = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("flush").daemon().factory());
    private final ExecutorService merges = Executors.newSingleThreadExecutor(
            work -> Thread.ofPlatform().name("merge").daemon().unstarted(() -> {
                BackgroundPriority.lower();
                work.run();
            }));
    private final Map<ShardIdentity, ShardWriter> shards = new ConcurrentSkipListMap<>();
    private final ReentrantLock lifecycle = new ReentrantLock();

    private ShardRegistry(DataDirectory directory, ShardLimits limits, ShardObserver observer) {
        this.directory = directory;
        this.limits = limits;
        this.observer = observer;
    }

    /**
     * Locks a data directory and opens every shard in it.
     *
     * @throws io.millrace.index.record.StoreException if the directory is in use or a shard cannot be opened
     */
    public static ShardRegistry open(Path dataDir, ShardLimits limits, ShardObserver observer) {
        ShardRegistry registry = new ShardRegistry(DataDirectory.open(dataDir), limits, observer);
        try {
            registry.directory.shardFolders().forEach(registry::openShard);
            return registry;
        } catch (RuntimeException | Error e) {
            registry.close();
            throw e;
        }
    }

    /** A shard by name. */
    public Optional<ShardWriter> find(ShardIdentity identity) {
        return Optional.ofNullable(shards.get(identity));
    }

    /** All shards, by name. */
    public Collection<ShardWriter> all() {
        return shards.values();
    }

    /**
     * Creates a shard unless there is one of that name.
     *
     * @return what the shard of that name is, if there was one; empty if it was created
     */
    public Optional<ShardDescriptor> createIfAbsent(ShardDescriptor descriptor) {
        lifecycle.lock();
        try {
            ShardWriter present = shards.get(descriptor.identity());
            if (present != null) {
                return Optional.of(present.shard().descriptor());
            }
            openShard(directory.create(descriptor));
            LOG.info("shard {} created in space {}", descriptor.identity(), descriptor.spaceId());
            return Optional.empty();
        } finally {
            lifecycle.unlock();
        }
    }

    /** Removes a shard and its data, once the searches under way have finished. */
    void drop(ShardIdentity identity) {
        lifecycle.lock();
        try {
            ShardWriter dropped = shards.remove(identity);
            if (dropped != null) {
                dropped.close();
                directory.drop(identity);
                LOG.info("shard {} dropped", identity);
            }
        } finally {
            lifecycle.unlock();
        }
    }

    @Override
    public void close() {
        lifecycle.lock();
        try {
            // Each waits for its flush and merge, so that nothing is left on the two threads.
            shards.values().forEach(ShardWriter::close);
            shards.clear();
            flushes.close();
            merges.close();
            directory.close();
        } finally {
            lifecycle.unlock();
        }
    }

    private void openShard(Path folder) {
        ShardWriter writer = ShardWriter.start(ShardStore.open(folder), limits, flushes, merges, observer);
        shards.put(writer.shard().descriptor().identity(), writer);
        LOG.info(
                "shard {} open at index {}: {}",
                writer.shard().descriptor().identity(),
                writer.shard().durableIndex(),
                writer.shard().size());
    }
}
