package io.millrace.trainer.serve;

import io.millrace.service.GrpcServer;
import io.millrace.service.Metrics;
import io.millrace.service.ProcessLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A running trainer. Closing it ends the step that is being taken, saves the state, and keeps every run for the next start.
 */
public final class TrainerServer implements AutoCloseable {
    private final GrpcServer server;
    private final TrainingRuns runs;
    private final ProcessLock lock;

    private TrainerServer(GrpcServer server, TrainingRuns runs, ProcessLock lock) {
        this.server = server;
        this.runs = runs;
        this.lock = lock;
    }

    /**
     * Reads the runs there are, listens, and goes on with those that trained or waited.
     *
     * @param parts what the program gives it
     * @throws IOException if the data folder cannot be used, or another trainer has it
     * @throws java.io.UncheckedIOException if a port is taken
     */
    public static TrainerServer start(TrainerConfig config, TrainerParts parts) throws IOException {
        Metrics metrics = new Metrics();
        Path folder = Files.createDirectories(config.dataDir());
        ProcessLock lock = ProcessLock.tryTake(folder.resolve("lock"))
                .orElseThrow(() ->
                        new IOException("another trainer uses " + folder + "; stop it, or give another --data-dir"));
        try {
            RunExecution execution = new RunExecution(config, parts);
            TrainingRuns runs = TrainingRuns.open(config, execution, new TrainerMetrics(metrics));
            TrainerService service = new TrainerService(config, runs, execution);
            GrpcServer server = GrpcServer.start("trainer", config.server(), metrics, List.of(service));
            runs.start();
            return new TrainerServer(server, runs, lock);
        } catch (IOException | RuntimeException e) {
            lock.close();
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
        server.setServing(false);
        runs.close();
        server.close();
        lock.close();
    }
}
