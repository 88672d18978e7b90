package io.millrace.coordinator.ingest;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.coordinator.CoordinatorConfig;
import io.millrace.coordinator.catalog.CollectionCatalog;
import io.millrace.coordinator.catalog.HybridClock;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.coordinator.encode.WorkerPool;
import io.millrace.service.Metrics;
import io.millrace.service.Refusals;
import io.millrace.v1.Collection;
import io.millrace.v1.IngestRequest;
import io.millrace.v1.IngestResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** All ingest streams of a coordinator, and the pipeline of each collection that they share. Safe for any thread. */
public final class IngestStreams implements AutoCloseable {
    // With 2,048 operations and 8 MiB (+ 16 texts) a stream, this many are what a small heap can hold.
    private static final int MAX_STREAMS = 32;

    /** What pipelines are built from. */
    public record Parts(
            CollectionCatalog catalog, HybridClock clock, WorkerPool workers, IndexServers servers, Metrics metrics) {}

    private final CoordinatorConfig config;
    private final Parts parts;
    private final IngestMetrics metrics;
    private final Map<String, DocumentPipeline> pipelines = new HashMap<>();
    private final AtomicInteger open = new AtomicInteger();

    /** Streams of a coordinator. */
    public IngestStreams(CoordinatorConfig config, Parts parts) {
        this.config = config;
        this.parts = parts;
        this.metrics = IngestMetrics.register(parts.metrics());
        parts.metrics().gauge("millrace_ingest_streams", "Open ingest streams.", open::get);
    }

    /** Accepts a stream, or refuses it when too many are open. */
    public StreamObserver<IngestRequest> accept(ServerCallStreamObserver<IngestResponse> responses) {
        if (open.incrementAndGet() > MAX_STREAMS) {
            open.decrementAndGet();
            throw Refusals.overloaded(MAX_STREAMS + " ingest streams are open already", Duration.ofSeconds(1));
        }
        IngestSession session = new IngestSession(responses, this);
        session.begin();
        return session;
    }

    /** Forgets a dropped collection's pipeline; what is under way fails. */
    public void drop(String collection) {
        DocumentPipeline pipeline;
        synchronized (this) {
            pipeline = pipelines.remove(collection);
        }
        if (pipeline != null) {
            pipeline.close();
        }
    }

    CoordinatorConfig config() {
        return config;
    }

    synchronized DocumentPipeline pipeline(String name) {
        Collection collection = parts.catalog().require(name);
        return pipelines.computeIfAbsent(
                name,
                n -> DocumentPipeline.start(
                        collection,
                        new DocumentPipeline.Parts(parts.clock(), parts.workers(), parts.servers(), metrics),
                        config.retryLimit()));
    }

    void ended() {
        open.decrementAndGet();
    }

    @Override
    public synchronized void close() {
        pipelines.values().forEach(DocumentPipeline::close);
        pipelines.clear();
    }
}
