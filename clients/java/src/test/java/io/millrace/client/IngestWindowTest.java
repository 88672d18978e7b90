package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.v1.Document;
import io.millrace.v1.DocumentSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much a stream holds while its server is slow. */
@Timeout(60)
class IngestWindowTest {
    private final FakeCoordinator server = new FakeCoordinator("c").start();
    private final MillraceClient client = MillraceClient.connect(server.target());
    private final IngestOptions options = IngestOptions.forCollection("c");

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private static Document document(String id, String text) {
        return Document.newBuilder()
                .setId(id)
                .setSource(DocumentSource.newBuilder().setText(text))
                .build();
    }

    private IngestStream open(IngestOptions with) {
        return client.ingest(with, result -> {});
    }

    @Test
    void blocksTheProducerWhileTheServerDoesNotRead() throws InterruptedException {
        server.ingest().stopReading();
        int window = 100;
        String text = "x".repeat(10_000);
        AtomicInteger put = new AtomicInteger();
        CountDownLatch finished = new CountDownLatch(1);
        try (IngestStream stream = open(options.withWindow(new IngestOptions.Window(window, 300_000)))) {
            Thread producer = Thread.startVirtualThread(() -> {
                try {
                    for (int i = 1; i <= 300; i++) {
                        stream.put(document("d" + i, text));
                        put.incrementAndGet();
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                finished.countDown();
            });
            // 29 documents of a little over 10,000 bytes fit; the producer stays there.
            assertThat(finished.await(300, TimeUnit.MILLISECONDS)).isFalse();
            assertThat(put).hasValue(29);
            assertThat(stream.statistics().inFlightBytes()).isBetween(290_000L, 300_000L);
            server.ingest().read(Integer.MAX_VALUE / 2);
            producer.join();
        }
        assertThat(server.ingest().applications())
                .hasSize(300)
                .allSatisfy((id, times) -> assertThat(times).isEqualTo(1));
    }

    @Test
    void letsInADocumentLargerThanTheWholeWindow() throws InterruptedException {
        try (IngestStream stream = open(options.withWindow(new IngestOptions.Window(10, 100)))) {
            stream.put(document("small", "x"));
            stream.put(document("large", "x".repeat(1_000)));
            stream.put(document("other", "x"));
        }
        assertThat(server.ingest().documents()).containsOnlyKeys("small", "large", "other");
    }

    @Test
    void refusesADocumentThatNoServerWouldRead() throws InterruptedException {
        try (IngestStream stream = open(options)) {
            assertThatThrownBy(() -> stream.put(document("d", "x".repeat(33 << 20))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'d' has 346");
            stream.put(document("d1", "x"));
        }
        assertThat(server.ingest().documents()).containsOnlyKeys("d1");
    }
}
