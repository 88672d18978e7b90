package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.millrace.client.FakeIngest.Reaction;
import io.millrace.v1.Document;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.IngestOperation;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class IngestStreamTest {
    private static final IngestOptions.Retry QUICK = new IngestOptions.Retry(
            Duration.ofMillis(5), Duration.ofMillis(40), Duration.ofSeconds(20), Duration.ofSeconds(10));

    private final FakeCoordinator server = new FakeCoordinator("c").start();
    private final MillraceClient client = MillraceClient.connect(server.target());
    private final ConcurrentLinkedQueue<IngestResult> results = new ConcurrentLinkedQueue<>();
    private final IngestOptions options = IngestOptions.forCollection("c").withRetry(QUICK);

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private static Document document(int i) {
        return document("d" + i, "text " + i);
    }

    private static Document document(String id, String text) {
        return Document.newBuilder()
                .setId(id)
                .setSource(DocumentSource.newBuilder().setText(text))
                .build();
    }

    private IngestStream open(IngestOptions with) {
        return client.ingest(with, results::add);
    }

    private void assertEachOnce(int count) {
        assertThat(results.stream().map(IngestResult::sequence))
                .as("one result for each operation")
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.rangeClosed(1, count).boxed().toList());
        assertThat(server.ingest().applications())
                .hasSize(count)
                .allSatisfy((id, times) ->
                        assertThat(times).as(id + " was applied once").isEqualTo(1));
    }

    @Test
    void acknowledgesEveryDocumentOnce() throws InterruptedException {
        try (IngestStream stream = open(options)) {
            for (int i = 1; i <= 3_000; i++) {
                assertThat(stream.put(document(i))).isEqualTo(i);
            }
            stream.flush();
            assertThat(stream.statistics()).isEqualTo(new IngestStatistics(3_000, 3_000, 0, 0, 0, 1));
            assertThat(stream.token().getAppliedIndexMap().values()).contains(2_999L, 3_000L);
        }
        assertEachOnce(3_000);
        assertThat(results)
                .allSatisfy(result -> assertThat(result.outcome()).isInstanceOf(IngestOutcome.Applied.class));
        assertThat(server.ingest().documents()).hasSize(3_000);
    }

    /** Puts 1,000 documents through a server that loses streams, repeats itself and asks for repetition. */
    private IngestStatistics ingestOverALossyStream() throws InterruptedException {
        Random random = new Random(11);
        server.ingest().script(operation -> switch (random.nextInt(60)) {
            case 0 -> Reaction.LOSE;
            case 1 -> Reaction.APPLY_AND_LOSE;
            case 2 -> Reaction.ACK_TWICE;
            case 3 -> Reaction.UNAVAILABLE;
            default -> Reaction.ACK;
        });
        try (IngestStream stream = open(options.withWindow(new IngestOptions.Window(50, 1 << 20)))) {
            for (int i = 1; i <= 1_000; i++) {
                stream.put(document(i));
            }
            stream.flush();
            return stream.statistics();
        }
    }

    @Test
    void losesAndDoublesNothingWhenTheStreamIsLostAgainAndAgain() throws InterruptedException {
        IngestStatistics statistics = ingestOverALossyStream();
        assertEachOnce(1_000);
        assertThat(statistics.connections()).isGreaterThan(5);
        assertThat(server.ingest().clientIds())
                .hasSizeGreaterThan(5)
                .containsOnly(options.writer().clientId());
    }

    @Test
    void tellsServersNeverToForgetWhatIsStillUnacknowledged() throws InterruptedException {
        ingestOverALossyStream();
        // At each moment, everything below acked_below had been acknowledged: no such sequence arrives afterwards.
        long forgotten = 0;
        for (IngestOperation operation : server.ingest().received()) {
            assertThat(operation.getSequence()).isGreaterThanOrEqualTo(forgotten);
            assertThat(operation.getAckedBelow()).isLessThanOrEqualTo(operation.getSequence());
            forgotten = Math.max(forgotten, operation.getAckedBelow());
        }
        assertThat(forgotten).isGreaterThan(900);
    }

    @Test
    void goesOnWhenTheServerIsKilledAndStartedAgain() throws InterruptedException {
        AtomicInteger acknowledged = new AtomicInteger();
        CountDownLatch some = new CountDownLatch(200);
        IngestListener listener = result -> {
            results.add(result);
            acknowledged.incrementAndGet();
            some.countDown();
        };
        try (IngestStream stream = client.ingest(options.withWindow(new IngestOptions.Window(20, 1 << 20)), listener)) {
            Thread killer = Thread.startVirtualThread(() -> {
                awaitQuietly(some);
                server.stop();
                pause(150);
                server.start();
            });
            for (int i = 1; i <= 1_000; i++) {
                stream.put(document(i));
            }
            stream.flush();
            killer.join();
        }
        assertEachOnce(1_000);
    }

    @Test
    void waitsForAServerThatIsDownAtTheStart() throws InterruptedException {
        server.stop();
        AtomicInteger attempts = new AtomicInteger();
        IngestListener listener = new IngestListener() {
            @Override
            public void onResult(IngestResult result) {
                results.add(result);
            }

            @Override
            public void onReconnect(String reason, int failures, Duration delay) {
                assertThat(reason).contains(server.target());
                if (attempts.incrementAndGet() == 4) {
                    server.start();
                }
            }
        };
        try (IngestStream stream = client.ingest(options, listener)) {
            for (int i = 1; i <= 10; i++) {
                stream.put(document(i));
            }
        }
        assertEachOnce(10);
        assertThat(attempts).hasValueGreaterThanOrEqualTo(4);
    }

    @Test
    void givesUpOnAServerThatStaysDownAndSaysWhatIsLeft() throws InterruptedException {
        server.stop();
        IngestOptions impatient = options.withRetry(new IngestOptions.Retry(
                Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(200), Duration.ofSeconds(10)));
        IngestStream stream = open(impatient);
        stream.put(document(1));
        assertThatThrownBy(stream::flush)
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.code()).isEqualTo(Status.Code.UNAVAILABLE))
                .hasMessageContaining("gave up after")
                .hasMessageContaining(server.target())
                .hasMessageContaining("1 operations, from sequence 1, were not acknowledged");
        assertThatThrownBy(() -> stream.put(document(2))).isInstanceOf(MillraceException.class);
        assertThatThrownBy(stream::close).isInstanceOf(MillraceException.class);
    }

    @Test
    void failsAtOnceWhenTryingAgainCannotHelp() throws InterruptedException {
        server.ingest().refuseStreams(Status.NOT_FOUND.withDescription("no collection 'c'; create it first"));
        IngestStream stream = open(options);
        stream.put(document(1));
        assertThatThrownBy(stream::close).hasMessageStartingWith("no collection 'c'; create it first");
        assertThat(server.ingest().clientIds()).hasSize(1);
    }

    @Test
    void reportsRefusedDocumentsAndCarriesOnWithTheRest() throws InterruptedException {
        server.ingest().script(operation -> operation.getSequence() % 7 == 0 ? Reaction.REFUSE : Reaction.ACK);
        try (IngestStream stream = open(options)) {
            for (int i = 1; i <= 70; i++) {
                stream.put(document(i));
            }
            stream.flush();
            assertThat(stream.statistics().refused()).isEqualTo(10);
        }
        Map<Boolean, List<IngestResult>> byOutcome = results.stream()
                .collect(Collectors.partitioningBy(result -> result.outcome() instanceof IngestOutcome.Refused));
        assertThat(byOutcome.get(true))
                .hasSize(10)
                .allSatisfy(result -> assertThat(result)
                        .isEqualTo(new IngestResult(
                                result.sequence(),
                                "d" + result.sequence(),
                                new IngestOutcome.Refused(
                                        Status.Code.INVALID_ARGUMENT, "refused by the script", "source.text"))));
        assertThat(byOutcome.get(false)).hasSize(60);
    }

    @Test
    void triesAgainWhatTheServerCouldNotCarryOutAndGivesUpInTheEnd() throws InterruptedException {
        Map<Long, Integer> seen = new HashMap<>();
        server.ingest().script(operation -> {
            int times = seen.merge(operation.getSequence(), 1, Integer::sum);
            return operation.getSequence() == 1 || times <= 3 ? Reaction.UNAVAILABLE : Reaction.ACK;
        });
        IngestOptions impatient = options.withRetry(new IngestOptions.Retry(
                Duration.ofMillis(2), Duration.ofMillis(10), Duration.ofMillis(300), Duration.ofSeconds(10)));
        try (IngestStream stream = open(impatient)) {
            for (int i = 1; i <= 5; i++) {
                stream.put(document(i));
            }
        }
        assertThat(results).hasSize(5);
        assertThat(results)
                .filteredOn(result -> result.sequence() == 1)
                .singleElement()
                .satisfies(result -> assertThat(result.outcome())
                        .isInstanceOfSatisfying(
                                IngestOutcome.Refused.class,
                                refused -> assertThat(refused.code()).isEqualTo(Status.Code.UNAVAILABLE)));
        assertThat(server.ingest().documents()).containsOnlyKeys("d2", "d3", "d4", "d5");
    }

    @Test
    void keepsTheOrderOfOperationsOnOneId() throws InterruptedException {
        // Without holding back, the retried first version would overtake and replace the last.
        Random random = new Random(12);
        server.ingest().script(operation -> switch (random.nextInt(5)) {
            case 0 -> Reaction.UNAVAILABLE;
            case 1 -> random.nextInt(6) == 0 ? Reaction.LOSE : Reaction.ACK;
            default -> Reaction.ACK;
        });
        try (IngestStream stream = open(options)) {
            for (int version = 1; version <= 20; version++) {
                for (int i = 0; i < 5; i++) {
                    if (version % 5 == 0) {
                        stream.delete("d" + i);
                    }
                    stream.put(document("d" + i, "version " + version));
                }
            }
            stream.delete("d0");
        }
        assertThat(server.ingest().documents().values())
                .hasSize(4)
                .allSatisfy(
                        document -> assertThat(document.getSource().getText()).isEqualTo("version 20"));
    }

    @Test
    void reconnectsWhenNothingIsAcknowledgedForTooLong() throws InterruptedException {
        AtomicInteger ignored = new AtomicInteger();
        server.ingest()
                .script(operation -> operation.getSequence() == 3 && ignored.getAndIncrement() == 0
                        ? Reaction.IGNORE
                        : Reaction.ACK);
        IngestOptions watchful = options.withRetry(new IngestOptions.Retry(
                Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofSeconds(20), Duration.ofMillis(200)));
        try (IngestStream stream = open(watchful)) {
            for (int i = 1; i <= 5; i++) {
                stream.put(document(i));
            }
            stream.flush();
            assertThat(stream.statistics().connections()).isEqualTo(2);
        }
        assertEachOnce(5);
    }

    @Test
    void refusesAListenerThatWouldWaitForItself() throws InterruptedException {
        AtomicReference<IngestStream> self = new AtomicReference<>();
        CountDownLatch opened = new CountDownLatch(1);
        IngestStream stream = client.ingest(options, result -> {
            awaitQuietly(opened);
            self.get().close();
        });
        self.set(stream);
        opened.countDown();
        stream.put(document(1));
        assertThatThrownBy(stream::close)
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("the listener failed")
                .hasMessageContaining("close() was called by the stream's own listener");
    }

    @Test
    void takesNothingAfterItWasClosed() throws InterruptedException {
        IngestStream stream = open(options);
        stream.put(document(1));
        stream.close();
        stream.close();
        assertThatThrownBy(() -> stream.put(document(2))).isInstanceOf(IllegalStateException.class);
        assertEachOnce(1);
    }

    @Test
    void abortsWithoutWaiting() throws InterruptedException {
        server.ingest().script(operation -> Reaction.IGNORE);
        IngestStream stream = open(options);
        stream.put(document(1));
        stream.abort();
        assertThatThrownBy(stream::close).hasMessageContaining("aborted").hasMessageContaining("1 operations");
        assertThat(results).isEmpty();
    }

    @Test
    void goesOnUnderTheSameClientIdWhereAnEarlierStreamEnded() throws InterruptedException {
        IngestOptions.Writer writer = new IngestOptions.Writer("job-1", 1);
        try (IngestStream stream = open(options.withWriter(writer))) {
            stream.put(document(1));
            stream.put(document(2));
        }
        // The job does not know whether 2 was acknowledged, and puts it again under its sequence.
        try (IngestStream stream = open(options.withWriter(new IngestOptions.Writer("job-1", 2)))) {
            stream.put(document(2));
            stream.put(document(3));
        }
        assertThat(server.ingest().applications()).isEqualTo(Map.of("d1", 1, "d2", 1, "d3", 1));
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
