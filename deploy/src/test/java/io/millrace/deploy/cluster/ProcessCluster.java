package io.millrace.deploy.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Two workers, two index servers and a coordinator, each a process of its own. */
final class ProcessCluster implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    final List<ServerProcess> processes = new ArrayList<>();
    private final ServerProcess coordinator;

    private ProcessCluster(Path folder, Path model) {
        List<String> workers = new ArrayList<>();
        List<String> indexServers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            ServerProcess worker = add(folder, "worker", i, List.of("--model", model.toString(), "--threads", "1"));
            workers.add(worker.address());
            ServerProcess index = add(
                    folder,
                    "index-server",
                    i,
                    List.of("--data-dir", folder.resolve("index-" + i).toString()));
            indexServers.add(index.address());
        }
        coordinator = add(
                folder,
                "coordinator",
                0,
                List.of(
                        "--data-dir", folder.resolve("coordinator").toString(),
                        "--workers", String.join(",", workers),
                        "--index-servers", String.join(",", indexServers)));
    }

    /** Starts every process and waits until all serve. */
    static ProcessCluster start(Path folder, Path model) throws IOException, InterruptedException {
        ProcessCluster cluster = new ProcessCluster(folder, model);
        try {
            for (ServerProcess process : cluster.processes) {
                process.start();
            }
            for (ServerProcess process : cluster.processes) {
                process.awaitServing(START_TIMEOUT);
            }
            return cluster;
        } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
            cluster.close();
            throw e;
        }
    }

    /** {@code host:port} of the coordinator. */
    String server() {
        return coordinator.address();
    }

    /** Kills a process and starts it again. */
    void restart(ServerProcess process) throws IOException, InterruptedException {
        process.kill();
        process.start();
        process.awaitServing(START_TIMEOUT);
    }

    private ServerProcess add(Path folder, String role, int number, List<String> settings) {
        ServerProcess process =
                new ServerProcess(role, freePort(), folder.resolve(role + "-" + number + ".log"), settings);
        processes.add(process);
        return process;
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        processes.forEach(ServerProcess::close);
    }
}
