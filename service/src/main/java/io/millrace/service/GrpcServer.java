package io.millrace.service;

import com.sun.net.httpserver.HttpServer;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running gRPC server with the standard health and reflection services, call metrics, and {@code /metrics} over HTTP.
 *
 * <p>Handlers run on virtual threads and may block. Closing turns health to NOT_SERVING, lets calls in flight finish for
 * the grace period, then ends them.
 */
public final class GrpcServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GrpcServer.class);

    private final String role;
    private final ServerSettings settings;
    private final Server server;
    private final int port; // the server forgets its port once it has stopped
    private final ExecutorService executor;
    private final HealthStatusManager health;
    private final @Nullable HttpServer http;

    private GrpcServer(
            String role,
            ServerSettings settings,
            Running running,
            HealthStatusManager health,
            @Nullable HttpServer http) {
        this.role = role;
        this.settings = settings;
        this.server = running.server();
        this.port = server.getPort();
        this.executor = running.executor();
        this.health = health;
        this.http = http;
    }

    private record Running(Server server, ExecutorService executor) {}

    /**
     * Binds and starts.
     *
     * @param role name for logs and metrics, such as {@code index-server}
     * @throws UncheckedIOException if a port is taken; the message names it
     */
    public static GrpcServer start(
            String role, ServerSettings settings, Metrics metrics, List<? extends BindableService> services) {
        HealthStatusManager health = new HealthStatusManager();
        ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(settings.host(), settings.port()))
                .executor(executor)
                .maxInboundMessageSize(settings.maxMessageBytes())
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance());
        settings.tls()
                .ifPresent(tls -> builder.useTransportSecurity(
                        tls.certificateChain().toFile(), tls.privateKey().toFile()));
        CallInterceptor interceptor = new CallInterceptor(metrics);
        for (BindableService service : services) {
            builder.addService(ServerInterceptors.intercept(service, interceptor));
        }
        Server server = builder.build();
        HttpServer http = null;
        try {
            server.start();
            http = settings.metricsPort() < 0 ? null : startHttp(settings, metrics, server);
        } catch (IOException e) {
            server.shutdownNow();
            executor.close();
            throw new UncheckedIOException(
                    role + " cannot listen on " + settings.host() + ":" + settings.port() + " (metrics port "
                            + settings.metricsPort() + "): " + e.getMessage()
                            + "; choose another port or stop what holds it",
                    e);
        }
        health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.SERVING);
        LOG.info("{} listening on {}:{}", role, settings.host(), server.getPort());
        return new GrpcServer(role, settings, new Running(server, executor), health, http);
    }

    /** Port bound, also when any free one was asked for. */
    public int port() {
        return port;
    }

    /** {@code host:port} that clients dial. */
    public String address() {
        return settings.host() + ":" + port();
    }

    /** HTTP port of {@code /metrics}; -1 if there is none. */
    public int metricsPort() {
        return http == null ? -1 : http.getAddress().getPort();
    }

    /** Reports the server as able or unable to serve through the health service. */
    public void setServing(boolean serving) {
        health.setStatus(
                HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
                serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    }

    /** Blocks until the server has stopped. */
    public void awaitTermination() throws InterruptedException {
        server.awaitTermination();
    }

    @Override
    public void close() {
        if (server.isShutdown()) {
            return;
        }
        health.enterTerminalState();
        server.shutdown();
        try {
            if (!server.awaitTermination(settings.shutdownGrace().toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("{} ends calls still running after {}", role, settings.shutdownGrace());
                server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
        executor.shutdownNow();
        if (http != null) {
            http.stop(0);
        }
        LOG.info("{} on port {} stopped", role, port);
    }

    private static HttpServer startHttp(ServerSettings settings, Metrics metrics, Server server) throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress(settings.host(), settings.metricsPort()), 16);
        http.createContext("/metrics", exchange -> {
            byte[] body = metrics.text().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        http.createContext("/healthz", exchange -> {
            exchange.sendResponseHeaders(server.isShutdown() ? 503 : 200, -1);
            exchange.close();
        });
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.start();
        return http;
    }
}
