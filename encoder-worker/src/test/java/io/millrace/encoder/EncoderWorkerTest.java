package io.millrace.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.millrace.model.EncoderOptions;
import io.millrace.model.engine.Precision;
import io.millrace.service.Settings;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EncoderWorkerTest {
    @Test
    void closingFinishesTheAcceptedBatchesRefusesNewOnesAndFreesTheModel() throws Exception {
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
        EncoderWorker worker = Workers.start(encoder);
        ManagedChannel channel = EncodeClient.channel(worker.port());
        try (EncodeClient busy = EncodeClient.on(channel);
                EncodeClient idle = EncodeClient.on(channel)) {
            idle.awaitCredit(4);
            for (int i = 0; i < 6; i++) {
                busy.send(EncodeClient.batch(i, Texts.ofWords(20, 50)));
            }
            busy.awaitCredit(4);
            CompletableFuture<Void> closed = CompletableFuture.runAsync(worker::close);
            awaitNotServing(channel);
            busy.send(EncodeClient.batch(99, Texts.ofWords(1, 5))); // from the credit it still has
            assertThat(busy.failure().getError().getCode()).isEqualTo(Status.Code.UNAVAILABLE.value());
            try (EncodeClient late = EncodeClient.on(channel)) {
                assertThat(late.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            }
            assertThat(closed).isNotDone();
            assertThat(encoder.closed()).isFalse();
            gate.open();
            for (int i = 0; i < 6; i++) {
                assertThat(busy.encoded().getVectors().getCount()).isEqualTo(20);
            }
            assertThat(busy.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(idle.end().getDescription()).contains("shutting down");
            closed.get(20, TimeUnit.SECONDS);
        }
        assertThat(encoder.closed()).isTrue();
        worker.close(); // idempotent
        channel.shutdownNow();
    }

    private static void awaitNotServing(ManagedChannel channel) throws InterruptedException {
        HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(channel);
        for (int i = 0; i < 400; i++) {
            if (health.withDeadlineAfter(10, TimeUnit.SECONDS)
                            .check(HealthCheckRequest.getDefaultInstance())
                            .getStatus()
                    == ServingStatus.NOT_SERVING) {
                return;
            }
            Thread.sleep(10);
        }
        throw new AssertionError("still serving");
    }

    @Test
    void aWorkerThatCannotDrainInTimeStopsAnywayAndKeepsTheModelUnderRunningBatches() throws Exception {
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
        EncoderWorkerConfig c = Workers.config();
        EncoderWorker worker = EncoderWorker.start(
                new EncoderWorkerConfig(
                        c.host(),
                        0,
                        -1,
                        c.model(),
                        c.adapters(),
                        c.precision(),
                        c.device(),
                        1,
                        2048,
                        16,
                        c.queuedBytes(),
                        Duration.ofMillis(300),
                        "",
                        "",
                        32 << 10),
                encoder);
        try (EncodeClient client = EncodeClient.open(worker.port())) {
            client.send(EncodeClient.batch(1, Texts.ofWords(200, 100)));
            gate.awaitArrivals(2); // all there is room for
            worker.close();
            assertThat(client.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(encoder.closed()).isFalse();
            gate.open();
            assertThat(encoder.calls()).hasSize(2);
        }
    }

    @Test
    void aWorkerThatCannotBindFreesTheModel() {
        FakeEncoder second = new FakeEncoder();
        try (EncoderWorker first = Workers.start(new FakeEncoder())) {
            EncoderWorkerConfig taken = EncoderWorkerConfig.local(Path.of("fake"), first.port(), 1);
            assertThatThrownBy(() -> EncoderWorker.start(taken, second))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining(Integer.toString(first.port()));
        }
        assertThat(second.closed()).isTrue();
    }

    @Test
    void withoutABudgetTheModelIsWarmedUp() throws Exception {
        FakeEncoder encoder = new FakeEncoder();
        try (EncoderWorker worker = Workers.startMeasured(encoder);
                EncodeClient client = EncodeClient.open(worker.port())) {
            assertThat(encoder.calls()).isNotEmpty();
            client.send(EncodeClient.batch(1, List.of("a")));
            client.encoded();
        }
    }

    @Test
    void settingsHaveDefaultsAndRanges() {
        EncoderWorkerConfig config =
                Settings.read(EncoderWorkerConfig.class, List.of("--model", "m", "--threads=3"), Map.of());
        assertThat(config)
                .isEqualTo(new EncoderWorkerConfig(
                        "127.0.0.1",
                        7310,
                        9310,
                        Path.of("m"),
                        List.of(),
                        Precision.FP32,
                        "cpu",
                        3,
                        1024,
                        16,
                        64L << 20,
                        Duration.ofSeconds(20),
                        "",
                        "",
                        32 << 10));
        assertThat(EncoderWorkerConfig.local(Path.of("m"), 7310, 3).tokenBudget())
                .isEqualTo(config.tokenBudget());
        assertThatThrownBy(() -> Settings.read(
                        EncoderWorkerConfig.class, List.of("--model", "m", "--stream-batches=0"), Map.of()))
                .hasStackTraceContaining("--stream-batches is 0 (1 to 4096)");
        EncoderOptions opened = Settings.read(
                        EncoderWorkerConfig.class,
                        List.of("--model", "m", "--adapters=a,b", "--precision=int8", "--threads=3"),
                        Map.of())
                .encoder();
        assertThat(opened)
                .isEqualTo(EncoderOptions.defaults()
                        .withThreads(3)
                        .withPrecision(Precision.INT8)
                        .withAdapters(List.of(Path.of("a"), Path.of("b"))));
        assertThatThrownBy(() ->
                        Settings.read(EncoderWorkerConfig.class, List.of("--model", "m", "--precision=fp16"), Map.of()))
                .hasStackTraceContaining("use bf16 or int8 on a CPU");
    }
}
