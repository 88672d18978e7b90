package io.millrace.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GrpcServerTest {
    @Test
    void healthAndMetricsAnswer() throws Exception {
        Metrics metrics = new Metrics();
        try (GrpcServer server =
                GrpcServer.start("test", ServerSettings.of("127.0.0.1", 0, 0), metrics, List.<BindableService>of())) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                    .usePlaintext()
                    .build();
            try {
                assertThat(HealthGrpc.newBlockingStub(channel)
                                .withDeadlineAfter(10, TimeUnit.SECONDS)
                                .check(HealthCheckRequest.getDefaultInstance())
                                .getStatus())
                        .isEqualTo(ServingStatus.SERVING);
                server.setServing(false);
                assertThat(HealthGrpc.newBlockingStub(channel)
                                .withDeadlineAfter(10, TimeUnit.SECONDS)
                                .check(HealthCheckRequest.getDefaultInstance())
                                .getStatus())
                        .isEqualTo(ServingStatus.NOT_SERVING);
            } finally {
                channel.shutdownNow();
            }
            HttpRequest scrape = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + server.metricsPort() + "/metrics"))
                    .timeout(Duration.ofSeconds(10))
                    .build();
            try (HttpClient http = HttpClient.newHttpClient()) {
                assertThat(http.send(scrape, BodyHandlers.ofString()).body())
                        .contains("jvm_memory_bytes_used", "millrace_rpc_seconds");
            }
        }
    }

    @Test
    void reflectionNamesTheServices() throws Exception {
        try (GrpcServer server = GrpcServer.start("test", ServerSettings.loopback(), new Metrics(), List.of())) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                    .usePlaintext()
                    .build();
            try {
                CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
                StreamObserver<ServerReflectionRequest> requests = ServerReflectionGrpc.newStub(channel)
                        .withDeadlineAfter(10, TimeUnit.SECONDS)
                        .serverReflectionInfo(new StreamObserver<>() {
                            @Override
                            public void onNext(ServerReflectionResponse response) {
                                answer.complete(response);
                            }

                            @Override
                            public void onError(Throwable t) {
                                answer.completeExceptionally(t);
                            }

                            @Override
                            public void onCompleted() {}
                        });
                requests.onNext(
                        ServerReflectionRequest.newBuilder().setListServices("").build());
                assertThat(answer.get(10, TimeUnit.SECONDS)
                                .getListServicesResponse()
                                .getServiceList())
                        .extracting(ServiceResponse::getName)
                        .contains("grpc.health.v1.Health");
                requests.onCompleted();
            } finally {
                channel.shutdownNow();
            }
        }
    }

    @Test
    void aTakenPortIsNamed() {
        try (GrpcServer first = GrpcServer.start("first", ServerSettings.loopback(), new Metrics(), List.of())) {
            assertThatThrownBy(() ->
                            GrpcServer.start("second", ServerSettings.loopback(first.port()), new Metrics(), List.of()))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("second cannot listen on 127.0.0.1:" + first.port());
        }
    }

    @Test
    void whatAHandlerThrowsReachesTheCallerAsItsStatus() {
        // The health service stands in for any service: only what its handler throws matters here.
        BindableService throwing = new HealthGrpc.HealthImplBase() {
            @Override
            public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
                if (request.getService().equals("defect")) {
                    throw new IllegalStateException("secret");
                }
                throw Refusals.overloaded("queue of 8 is full", Duration.ofMillis(50));
            }
        };
        Renamed service = new Renamed(throwing);
        try (GrpcServer server = GrpcServer.start("test", ServerSettings.loopback(), new Metrics(), List.of(service))) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                    .usePlaintext()
                    .build();
            try {
                assertThatThrownBy(() -> service.call(channel, "busy"))
                        .isInstanceOf(StatusRuntimeException.class)
                        .hasMessageContaining("RESOURCE_EXHAUSTED: queue of 8 is full; try again in 50 ms");
                assertThatThrownBy(() -> service.call(channel, "defect"))
                        .hasMessageContaining("INTERNAL: unexpected IllegalStateException")
                        .hasMessageContaining("reference")
                        .hasMessageNotContaining("secret");
            } finally {
                channel.shutdownNow();
            }
        }
    }
}
