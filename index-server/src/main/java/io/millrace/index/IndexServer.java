package io.millrace.index;

import io.millrace.index.record.StoreException;
import io.millrace.index.search.PrunedSearcher;
import io.millrace.index.service.IndexMetrics;
import io.millrace.index.service.IndexService;
import io.millrace.index.service.SearchPool;
import io.millrace.index.service.ShardRegistry;
import io.millrace.index.shard.ShardLimits;
import io.millrace.index.snapshot.SnapshotDirectory;
import io.millrace.service.GrpcServer;
import io.millrace.service.Metrics;
import io.millrace.service.ServerSettings;
import java.util.List;
import java.util.Optional;

/** A running index server. Closing it ends calls in flight, then closes every shard; what was acknowledged stays. */
public final class IndexServer implements AutoCloseable {
    // Postings of the write buffer for each of its documents; a SPLADE passage has 100 to 300.
    private static final long POSTINGS_PER_DOCUMENT = 512;

    private final GrpcServer server;
    private final SearchPool searches;
    private final ShardRegistry shards;
    private final Optional<SnapshotDirectory> snapshots;

    private IndexServer(
            GrpcServer server, SearchPool searches, ShardRegistry shards, Optional<SnapshotDirectory> snapshots) {
        this.server = server;
        this.searches = searches;
        this.shards = shards;
        this.snapshots = snapshots;
    }

    /**
     * Locks the data directory, opens every shard in it, and listens.
     *
     * @throws StoreException if another server has the directory, or a shard is damaged or of an unknown version
     * @throws java.io.UncheckedIOException if the directory cannot be used or a port is taken
     * @throws IllegalArgumentException if snapshots cannot go where they should
     */
    public static IndexServer start(IndexServerConfig config) {
        Metrics metrics = new Metrics();
        IndexMetrics recorders = new IndexMetrics(metrics);
        ShardRegistry shards = ShardRegistry.open(config.dataDir(), limits(config), recorders);
        SearchPool searches = null;
        Optional<SnapshotDirectory> snapshots = Optional.empty();
        try {
            snapshots = config.snapshotDir().map(folder -> SnapshotDirectory.open(folder, config.dataDir()));
            recorders.watch(metrics, shards);
            int threads = config.searchThreads() > 0
                    ? config.searchThreads()
                    : Runtime.getRuntime().availableProcessors();
            searches = SearchPool.of(threads, PrunedSearcher.create());
            IndexService service = new IndexService(shards, searches, recorders, snapshots);
            GrpcServer server = GrpcServer.start(
                    "index-server",
                    ServerSettings.of(config.host(), config.port(), config.metricsPort()),
                    metrics,
                    List.of(service));
            // A shard that stopped writing needs a restart: say so to whoever watches health. Reads go on meanwhile.
            service.onFailure(() -> server.setServing(false));
            return new IndexServer(server, searches, shards, snapshots);
        } catch (RuntimeException e) {
            if (searches != null) {
                searches.close();
            }
            shards.close();
            snapshots.ifPresent(SnapshotDirectory::close);
            throw e;
        }
    }

    /** gRPC port. */
    public int port() {
        return server.port();
    }

    /** {@code host:port} that clients dial. */
    public String address() {
        return server.address();
    }

    /** HTTP port of {@code /metrics}; -1 if there is none. */
    public int metricsPort() {
        return server.metricsPort();
    }

    /** Blocks until the server has stopped. */
    public void awaitTermination() throws InterruptedException {
        server.awaitTermination();
    }

    @Override
    public void close() {
        server.close();
        searches.close();
        shards.close();
        snapshots.ifPresent(SnapshotDirectory::close);
    }

    private static ShardLimits limits(IndexServerConfig config) {
        ShardLimits defaults = ShardLimits.defaults();
        return new ShardLimits(
                config.flushDocuments(),
                POSTINGS_PER_DOCUMENT * config.flushDocuments(),
                Math.max(defaults.maxSegmentDocuments(), config.flushDocuments()),
                (long) config.minFreeMib() << 20);
    }
}
