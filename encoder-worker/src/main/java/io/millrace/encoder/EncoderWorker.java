package io.millrace.encoder;

import io.millrace.encoder.batch.BatchQueue;
import io.millrace.encoder.batch.EncoderMetrics;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.service.GrpcServer;
import io.millrace.service.Metrics;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running encoder worker: one model, its queue and its gRPC server.
 *
 * <p>Closing reports NOT_SERVING, finishes the batches it accepted within the grace period, and frees the model.
 */
public final class EncoderWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EncoderWorker.class);

    private final EncoderWorkerConfig config;
    private final SparseEncoder encoder;
    private final BatchQueue queue;
    private final EncoderService service;
    private final GrpcServer server;
    private boolean closed;

    private EncoderWorker(
            EncoderWorkerConfig config,
            SparseEncoder encoder,
            BatchQueue queue,
            EncoderService service,
            GrpcServer server) {
        this.config = config;
        this.encoder = encoder;
        this.queue = queue;
        this.service = service;
        this.server = server;
    }

    /**
     * Opens the checkpoint that the settings name and serves it.
     *
     * @throws io.millrace.model.InvalidModelException if the checkpoint is damaged, inconsistent or not supported
     * @throws IOException if a file of it cannot be read
     * @throws java.io.UncheckedIOException if a port is taken
     */
    public static EncoderWorker start(EncoderWorkerConfig config) throws IOException {
        return start(config, SparseEncoders.open(config.model(), config.encoder()));
    }

    /**
     * Serves a model, after a warm-up if the token budget is to be measured; the worker owns the model from here, also
     * when it cannot start.
     *
     * @throws java.io.UncheckedIOException if a port is taken
     */
    public static EncoderWorker start(EncoderWorkerConfig config, SparseEncoder encoder) {
        Metrics metrics = new Metrics();
        EncoderMetrics encoderMetrics = new EncoderMetrics(metrics);
        BatchQueue queue = BatchQueue.start(encoder, config.batches(), encoderMetrics);
        EncoderService service = new EncoderService(encoder, queue, config.limits(), encoderMetrics);
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
            return new EncoderWorker(config, encoder, queue, service, server);
        } catch (RuntimeException e) {
            queue.close();
            service.close();
            encoder.close();
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

    /** Space of the model served. */
    public String spaceId() {
        return encoder.spaceId();
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
            encoder.close();
        } else {
            // Freeing weights under a running kernel would crash the JVM; the exit of the process frees them too.
            LOG.warn("the batch that runs did not end; its model stays in memory");
        }
    }
}
