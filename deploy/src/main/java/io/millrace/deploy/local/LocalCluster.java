package io.millrace.deploy.local;

import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.CoordinatorConfig;
import io.millrace.encoder.EncoderWorker;
import io.millrace.encoder.EncoderWorkerConfig;
import io.millrace.index.IndexServer;
import io.millrace.index.IndexServerConfig;
import io.millrace.model.device.DeviceChoice;
import io.millrace.service.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole cluster in this JVM: every role a gRPC server of its own on loopback, talking to the others through its port
 * exactly as if it ran elsewhere. Closing it stops the coordinator first, so that nothing is accepted that could no
 * longer be carried out.
 */
public final class LocalCluster implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LocalCluster.class);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);

    /**
     * A server of the cluster.
     *
     * @param role such as {@code index-server}
     * @param address gRPC, {@code host:port}
     * @param metricsPort HTTP port of {@code /metrics}
     */
    public record Member(String role, String address, int metricsPort) {}

    private final List<Member> members = new ArrayList<>();
    /** Servers in the order in which they stop. */
    private final Deque<AutoCloseable> servers = new ArrayDeque<>();

    private LocalCluster() {}

    /**
     * Starts all servers and waits until the coordinator is connected to the workers.
     *
     * @throws IOException if the model or a folder cannot be read
     * @throws IllegalArgumentException if the data belong to a cluster of another shape
     * @throws java.io.UncheckedIOException if the port is taken
     */
    public static LocalCluster start(LocalClusterOptions options) throws IOException, InterruptedException {
        checkShape(options);
        LocalCluster cluster = new LocalCluster();
        try {
            cluster.startAll(options);
            return cluster;
        } catch (IOException | InterruptedException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    private void startAll(LocalClusterOptions options) throws IOException, InterruptedException {
        List<String> workers = new ArrayList<>();
        List<String> indexServers = new ArrayList<>();
        // Workers share the machine: together one inference thread for each processor.
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / options.workers());
        for (int i = 0; i < options.workers(); i++) {
            EncoderWorker worker = EncoderWorker.start(local(
                    EncoderWorkerConfig.class,
                    "--model=" + options.model().folder(),
                    "--adapters=" + adapters(options.model()),
                    "--precision=" + options.model().precision().label(),
                    "--device=" + options.model().device().label(),
                    // The default suits processors; a GPU is measured at start.
                    "--token-budget=" + (options.model().device().kind() == DeviceChoice.Kind.CPU ? 1024 : 0),
                    "--threads=" + threads));
            servers.addFirst(worker);
            workers.add(worker.address());
            members.add(new Member("encoder-worker", worker.address(), worker.metricsPort()));
        }
        for (int i = 0; i < options.indexServers(); i++) {
            IndexServer server = IndexServer.start(
                    local(IndexServerConfig.class, "--data-dir=" + indexFolder(options.dataDir(), i)));
            servers.addFirst(server);
            indexServers.add(server.address());
            members.add(new Member("index-server", server.address(), server.metricsPort()));
        }
        Coordinator coordinator = Coordinator.start(local(
                CoordinatorConfig.class,
                "--port=" + options.port(),
                "--data-dir=" + options.dataDir().resolve("coordinator"),
                "--workers=" + String.join(",", workers),
                "--index-servers=" + String.join(",", indexServers)));
        servers.addFirst(coordinator);
        members.addFirst(new Member("coordinator", "127.0.0.1:" + coordinator.port(), coordinator.metricsPort()));
        if (!coordinator.awaitWorkers(CONNECT_TIMEOUT)) {
            LOG.warn("not every worker was connected within {}", CONNECT_TIMEOUT);
        }
    }

    private static String adapters(ModelChoice model) {
        return model.adapters().isEmpty()
                ? "none"
                : model.adapters().stream().map(Path::toString).collect(Collectors.joining(","));
    }

    /** The role's defaults on loopback at free ports, unless told otherwise. */
    private static <C extends Record> C local(Class<C> type, String... settings) {
        List<String> arguments = new ArrayList<>(List.of("--port=0", "--metrics-port=0"));
        arguments.addAll(List.of(settings));
        return Settings.read(type, arguments, Map.of());
    }

    private static Path indexFolder(Path dataDir, int number) {
        return dataDir.resolve("index-" + number);
    }

    /** Shards are assigned to index servers by number: with fewer servers some would be missing. */
    private static void checkShape(LocalClusterOptions options) throws IOException {
        Files.createDirectories(options.dataDir());
        long existing;
        try (Stream<Path> folders = Files.list(options.dataDir())) {
            existing = folders.filter(
                            folder -> String.valueOf(folder.getFileName()).startsWith("index-"))
                    .count();
        }
        if (existing > options.indexServers()) {
            throw new IllegalArgumentException(options.dataDir() + " belongs to a cluster with " + existing
                    + " index servers, but " + options.indexServers() + " were asked for; use --index-servers "
                    + existing + " or another --data-dir");
        }
    }

    /** {@code host:port} of the coordinator. */
    public String address() {
        return members.getFirst().address();
    }

    /** gRPC port of the coordinator. */
    public int port() {
        String address = address();
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    /** All servers, the coordinator first. */
    public List<Member> members() {
        return List.copyOf(members);
    }

    @Override
    public synchronized void close() {
        while (!servers.isEmpty()) {
            AutoCloseable server = servers.removeFirst();
            try {
                server.close();
            } catch (Exception e) {
                LOG.warn("a server did not stop cleanly", e);
            }
        }
    }
}
