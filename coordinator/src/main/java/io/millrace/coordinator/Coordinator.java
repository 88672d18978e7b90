package io.millrace.coordinator;

import io.millrace.coordinator.catalog.CollectionCatalog;
import io.millrace.coordinator.catalog.HybridClock;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.coordinator.catalog.MetadataFile;
import io.millrace.coordinator.encode.NewSpace;
import io.millrace.coordinator.encode.WorkerPool;
import io.millrace.coordinator.ingest.IngestStreams;
import io.millrace.coordinator.registry.ModelRegistry;
import io.millrace.coordinator.search.SearchFanout;
import io.millrace.service.GrpcServer;
import io.millrace.service.Metrics;
import io.millrace.service.ServerSettings;
import java.time.Duration;
import java.util.List;

/** A running coordinator. Closing it stops taking calls, then lets go of workers, index servers and the catalog. */
public final class Coordinator implements AutoCloseable {
    private final GrpcServer server;
    private final Parts parts;

    private record Parts(
            MetadataFile metadata,
            IndexServers servers,
            WorkerPool workers,
            IngestStreams ingest,
            ModelRegistry registry) {}

    private Coordinator(GrpcServer server, Parts parts) {
        this.server = server;
        this.parts = parts;
    }

    /** Opens the catalog, begins to connect to workers and index servers, and listens. */
    public static Coordinator start(CoordinatorConfig config) {
        Metrics metrics = new Metrics();
        MetadataFile metadata = MetadataFile.open(config.dataDir());
        ModelRegistry registry = null;
        try {
            registry = ModelRegistry.open(config.dataDir().resolve("models"), metadata, config.registry(), metrics);
            IndexServers servers = new IndexServers(config.indexServers());
            WorkerPool workers = WorkerPool.connect(config.workers());
            HybridClock clock = new HybridClock(
                    config.coordinatorId(),
                    metadata.current().getStampBound(),
                    System::currentTimeMillis,
                    bound -> metadata.update(
                                    m -> m.toBuilder().setStampBound(bound).build())
                            .getStampBound());
            CollectionCatalog catalog = new CollectionCatalog(metadata, servers, new NewSpace(workers));
            IngestStreams ingest =
                    new IngestStreams(config, new IngestStreams.Parts(catalog, clock, workers, servers, metrics));
            SearchFanout search = new SearchFanout(catalog, servers, workers, config.searchTimeout(), metrics);
            // What a crash left half done goes on in the background; an index server may not be up yet.
            Thread.ofVirtual().name("finish-drops").start(catalog::finishDrops);
            CoordinatorService service = new CoordinatorService(
                    new CoordinatorService.Parts(catalog, ingest, search, workers, servers), config);
            GrpcServer server = GrpcServer.start(
                    "coordinator",
                    ServerSettings.of(config.host(), config.port(), config.metricsPort()),
                    metrics,
                    List.of(service, registry));
            return new Coordinator(server, new Parts(metadata, servers, workers, ingest, registry));
        } catch (RuntimeException e) {
            if (registry != null) {
                registry.close();
            }
            metadata.close();
            throw e;
        }
    }

    /** gRPC port. */
    public int port() {
        return server.port();
    }

    /** HTTP port of {@code /metrics}; -1 if there is none. */
    public int metricsPort() {
        return server.metricsPort();
    }

    /** Waits until every worker is connected, or the time is up; returns whether all are. */
    public boolean awaitWorkers(Duration timeout) throws InterruptedException {
        return parts.workers().awaitAll(timeout);
    }

    /** Blocks until the server has stopped. */
    public void awaitTermination() throws InterruptedException {
        server.awaitTermination();
    }

    @Override
    public void close() {
        server.close();
        parts.ingest().close();
        parts.workers().close();
        parts.servers().close();
        parts.registry().close();
        parts.metadata().close();
    }
}
