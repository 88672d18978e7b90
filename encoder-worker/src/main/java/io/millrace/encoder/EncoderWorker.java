package io.millrace.encoder;

import io.grpc.StatusRuntimeException;
import io.millrace.encoder.batch.BatchQueue;
import io.millrace.encoder.batch.EncoderMetrics;
import io.millrace.encoder.models.ModelLoads;
import io.millrace.encoder.models.ModelSlots;
import io.millrace.encoder.models.ModelSource;
import io.millrace.encoder.models.ServedModel;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.service.GrpcServer;
import io.millrace.service.Metrics;
import io.millrace.service.Refusals;
import io.millrace.service.registry.ModelName;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running encoder worker: one model or two, their queue and its gRPC server.
 *
 * <p>Closing reports NOT_SERVING, finishes the batches it accepted within the grace period, and frees the models.
 */
public final class EncoderWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EncoderWorker.class);

    private final EncoderWorkerConfig config;
    private final ModelLoads loads;
    private final BatchQueue queue;
    private final EncoderService service;
    private final GrpcServer server;
    private boolean closed;

    private EncoderWorker(
            EncoderWorkerConfig config, ModelLoads loads, BatchQueue queue, EncoderService service, GrpcServer server) {
        this.config = config;
        this.loads = loads;
        this.queue = queue;
        this.service = service;
        this.server = server;
    }

    /**
     * Opens the checkpoint that the settings name, or fetches the published model, and serves it.
     *
     * @throws io.millrace.model.InvalidModelException if the checkpoint is damaged, inconsistent or not supported
     * @throws IOException if a file of it cannot be read, or the registry does not give it
     * @throws java.io.UncheckedIOException if a port is taken
     */
    public static EncoderWorker start(EncoderWorkerConfig config) throws IOException {
        ModelSource source = config.source();
        try {
            Optional<ModelName> published = config.publishedModel();
            ServedModel model = published.isPresent()
                    ? fetched(source, published.get())
                    : ServedModel.ofFolder(SparseEncoders.open(config.model(), config.encoder()));
            return start(config, model, source);
        } catch (IOException | RuntimeException e) {
            source.close();
            throw e;
        }
    }

    private static ServedModel fetched(ModelSource source, ModelName name) throws IOException {
        try (ModelSource.Offer offer = source.find(name, "")) {
            return offer.open(bytes -> {});
        } catch (StatusRuntimeException e) {
            throw new IOException("cannot load " + name + ": " + Refusals.inOneLine(e.getStatus()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + name + " was fetched", e);
        }
    }

    /**
     * Serves a model, after a warm-up if the token budget is to be measured; the worker owns the model from here, also
     * when it cannot start.
     *
     * @throws java.io.UncheckedIOException if a port is taken
     */
    public static EncoderWorker start(EncoderWorkerConfig config, SparseEncoder encoder) {
        return start(config, ServedModel.ofFolder(encoder), config.source());
    }

    private static EncoderWorker start(EncoderWorkerConfig config, ServedModel model, ModelSource source) {
        SparseEncoder encoder = model.encoder();
        Metrics metrics = new Metrics();
        EncoderMetrics encoderMetrics = new EncoderMetrics(metrics);
        BatchQueue queue = BatchQueue.start(encoder, config.batches(), encoderMetrics);
        ModelLoads loads = new ModelLoads(new ModelSlots(model), queue, source);
        EncoderService service = new EncoderService(loads, queue, config.limits(), encoderMetrics);
        try {
            GrpcServer server = GrpcServer.start("encoder-worker", config.server(), metrics, List.of(service));
            // A worker that can encode no more must not be sent work.
            var _ = queue.ended().thenRun(() -> server.setServing(false));
            LOG.info(
                    "encoder worker serves model={} space={} device={} token-budget={} port={}",
                    encoder.name(),
                    encoder.spaceId(),
                    encoder.device(),
                    queue.tokenBudget(),
                    server.port());
            return new EncoderWorker(config, loads, queue, service, server);
        } catch (RuntimeException e) {
            queue.close();
            service.close();
            loads.close();
            throw e;
        }
    }

    /** Port bound, also when any free one was asked for. */
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

    /** Space of the active model. */
    public String spaceId() {
        return loads.slots().active().encoder().spaceId();
    }

    /** Blocks until the server has stopped. */
    public void awaitTermination() throws InterruptedException {
        server.awaitTermination();
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        server.setServing(false);
        service.drain(config.shutdownGrace());
        server.close();
        boolean ended = queue.close(Duration.ZERO);
        service.close();
        if (ended) {
            loads.close();
        } else {
            // Freeing weights under a running kernel would crash the JVM; the exit of the process frees them too.
            LOG.warn("the batch that runs did not end; its model stays in memory");
        }
    }
}
