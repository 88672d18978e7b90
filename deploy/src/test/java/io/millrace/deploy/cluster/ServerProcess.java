package io.millrace.deploy.cluster;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One role of the cluster as an operating-system process, on a fixed port, that can be killed and started again. */
public final class ServerProcess implements AutoCloseable {
    private final String role;
    private final int port;
    private final Path log;
    private final List<String> command;
    private @Nullable Process process;

    /** A role that is not started yet; what it says is added to a log. */
    public ServerProcess(String role, int port, Path log, List<String> settings) {
        this.role = role;
        this.port = port;
        this.log = log;
        this.command = command(role, port, settings);
    }

    private static List<String> command(String role, int port, List<String> settings) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx768m",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                "io.millrace.deploy.Main",
                role,
                "--port",
                Integer.toString(port),
                "--metrics-port",
                "-1"));
        command.addAll(settings);
        return command;
    }

    String role() {
        return role;
    }

    /** {@code host:port}. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    int port() {
        return port;
    }

    /** Starts the process; returns before it serves. */
    public void start() throws IOException {
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** Waits until the health service says SERVING. */
    public void awaitServing(Duration timeout) throws InterruptedException, IOException {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        try {
            long deadline = System.nanoTime() + timeout.toNanos();
            while (System.nanoTime() < deadline) {
                if (process == null || !process.isAlive()) {
                    throw new AssertionError(role + " ended:\n" + Files.readString(log));
                }
                if (serves(channel)) {
                    return;
                }
                channel.resetConnectBackoff();
                Thread.sleep(50);
            }
        } finally {
            channel.shutdownNow();
        }
        throw new AssertionError(role + " did not serve within " + timeout + ":\n" + Files.readString(log));
    }

    private static boolean serves(ManagedChannel channel) {
        try {
            return HealthGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(2, TimeUnit.SECONDS)
                            .check(HealthCheckRequest.getDefaultInstance())
                            .getStatus()
                    == ServingStatus.SERVING;
        } catch (StatusRuntimeException notYet) {
            return false;
        }
    }

    /** SIGKILL: no shutdown hook, no flush. */
    public void kill() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
