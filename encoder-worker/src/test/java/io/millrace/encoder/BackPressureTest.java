package io.millrace.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BackPressureTest {
    private static final int STREAM_BATCHES = 16;
    private static final int CREDIT = STREAM_BATCHES / 4;

    @Test
    void aStreamGetsCreditAheadAndNeverMoreThanItMayHold() throws Exception {
        Gate gate = new Gate();
        try (EncoderWorker worker = Workers.start(new FakeEncoder((texts, role) -> gate.pass()));
                EncodeClient client = EncodeClient.open(worker.port())) {
            client.awaitCredit(CREDIT);
            assertThat(client.granted()).isEqualTo(CREDIT);
            int sent = 0;
            while (client.trySend(EncodeClient.batch(sent, Texts.ofWords(4, 8)), 500)) {
                sent++;
                assertThat(client.credit()).isLessThanOrEqualTo(CREDIT);
            }
            // Nothing was answered yet: no credit is out, and all that the stream may hold is held.
            assertThat(sent).isEqualTo(STREAM_BATCHES);
            assertThat(client.granted()).isEqualTo(STREAM_BATCHES);
            gate.open();
            for (int i = 0; i < sent; i++) {
                client.encoded();
            }
            client.awaitCredit(CREDIT);
            assertThat(client.granted()).isEqualTo(STREAM_BATCHES + CREDIT);
        }
    }

    @Test
    void aStreamOfLargeBatchesGetsLessCredit() throws Exception {
        Gate gate = new Gate();
        try (EncoderWorker worker = Workers.start(new FakeEncoder((texts, role) -> gate.pass()));
                EncodeClient client = EncodeClient.open(worker.port())) {
            int sent = 0;
            while (client.trySend(EncodeClient.batch(sent, Texts.ofWords(1024, 4)), 500)) {
                sent++;
            }
            // 2,048 texts stop the credit; what had been granted before may still come.
            assertThat(sent).isBetween(2, 2 + CREDIT);
            gate.open();
            for (int i = 0; i < sent; i++) {
                assertThat(client.encoded().getVectors().getCount()).isEqualTo(1024);
            }
            client.awaitCredit(CREDIT);
        }
    }

    @Test
    void aSlowReaderKeepsTheWorkerFromComputingFarAhead() throws Exception {
        FakeEncoder encoder = new FakeEncoder();
        Random random = new Random(5);
        List<String> texts = Texts.random(random, 128, 1000); // about 200 KB of result
        int batches = 120;
        try (EncoderWorker worker = Workers.start(encoder);
                EncodeClient client = EncodeClient.notReading(worker.port())) {
            int received = 0;
            int sent = 0;
            int furthestAhead = 0;
            while (received < batches) {
                client.read(1); // a credit or a result: far slower than the fake model
                Thread.sleep(3);
                if (sent < batches && client.trySend(EncodeClient.batch(sent, texts), 0)) {
                    sent++;
                }
                while (client.waitingReplies() > 0) {
                    client.encoded();
                    received++;
                }
                int encoded = encoder.calls().stream()
                                .mapToInt(call -> call.texts().size())
                                .sum()
                        / texts.size();
                furthestAhead = Math.max(furthestAhead, encoded - received);
            }
            // Its 16 batches, and what fits into the transport's window of 1 MiB.
            assertThat(furthestAhead).isBetween(1, STREAM_BATCHES + 8);
            Scrape.awaitValue(worker, "millrace_encoder_queued_bytes", 0);
        }
    }

    @Test
    void aReaderThatStopsIsNotWorkedForBeyondItsShare() throws Exception {
        FakeEncoder encoder = new FakeEncoder();
        List<String> texts = Texts.random(new Random(6), 128, 1000);
        try (EncoderWorker worker = Workers.start(encoder);
                EncodeClient stopped = EncodeClient.notReading(worker.port());
                EncodeClient other = EncodeClient.open(worker.port())) {
            stopped.awaitCredit(CREDIT);
            for (int i = 0; i < 100; i++) {
                stopped.sendWithoutCredit(EncodeClient.batch(i, texts)); // pretends that credit had come
            }
            other.send(EncodeClient.batch(1, Texts.ofWords(3, 3)));
            assertThat(other.encoded().getVectors().getCount()).isEqualTo(3);
            Thread.sleep(500);
            int encoded = encoder.calls().stream()
                            .mapToInt(call -> call.texts().size())
                            .sum()
                    / texts.size();
            assertThat(encoded).isLessThanOrEqualTo(STREAM_BATCHES + 8);
            assertThat(Scrape.value(worker, "millrace_encoder_queued_bytes")).isZero();
        }
    }

    @Test
    void aFloodWithoutCreditIsRefusedAndThenNoLongerRead() throws Exception {
        try (EncoderWorker worker = Workers.start(new FakeEncoder());
                EncodeClient flood = EncodeClient.notReading(worker.port())) {
            flood.awaitCredit(CREDIT);
            EncodeBatch.Builder batch = EncodeClient.batch(7, Texts.ofWords(10, 100));
            int sent = 0;
            while (flood.awaitSendable(1000) && sent < 200_000) {
                flood.sendWithoutCredit(batch);
                sent++;
            }
            // Refusals fill the reader's window; then the worker stops reading, and the sender's window fills.
            assertThat(sent).isBetween(100, 50_000);
            double refused = Scrape.value(worker, "millrace_encoder_refusals_total{status=\"RESOURCE_EXHAUSTED\",}");
            assertThat(refused).isBetween(50.0, (double) sent);
            // Reading again shows the refusals, and the worker reads on.
            flood.read(2 * sent);
            boolean refusalSeen = false;
            for (int i = 0; i < sent && !refusalSeen; i++) {
                EncodeReply reply = flood.reply();
                refusalSeen = reply.hasFailure()
                        && reply.getFailure().getError().getCode() == 8
                        && reply.getFailure().getError().getMessage().contains("batch 7 came without credit");
            }
            assertThat(refusalSeen).isTrue();
        }
    }

    @Test
    void allStreamsTogetherAreBoundedAndEveryBatchIsServedInTheEnd() throws Exception {
        long limit = 4L << 20;
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
        try (EncoderWorker worker = Workers.startWithQueuedBytes(encoder, limit);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            ManagedChannel channel = EncodeClient.channel(worker.port());
            List<Future<Integer>> refusals = new ArrayList<>();
            for (int stream = 0; stream < 12; stream++) {
                refusals.add(clients.submit(() -> sendAll(channel)));
            }
            gate.awaitArrivals(1);
            Thread.sleep(700);
            // 12 streams of 16 batches of 186 KB would be 36 MB.
            assertThat(Scrape.value(worker, "millrace_encoder_queued_bytes")).isBetween(limit / 2.0, (double) limit);
            gate.open();
            for (Future<Integer> one : refusals) {
                assertThat(one.get(40, TimeUnit.SECONDS)).isNotNegative();
            }
            assertThat(encoder.calls().stream()
                            .mapToInt(call -> call.texts().size())
                            .sum())
                    .isEqualTo(12 * 20 * 50);
            Scrape.awaitValue(worker, "millrace_encoder_queued_bytes", 0);
            channel.shutdownNow();
        }
    }

    /** Sends 20 batches, and again what was refused; returns how often that was. */
    private static int sendAll(ManagedChannel channel) throws Exception {
        List<String> texts = Texts.ofWords(50, 800);
        int refused = 0;
        int done = 0;
        int sent = 0;
        try (EncodeClient client = EncodeClient.on(channel)) {
            while (done < 20) {
                // Until all is sent, replies are looked at between sends; then they are waited for.
                if (sent < 20 && client.trySend(EncodeClient.batch(sent, texts), 5)) {
                    sent++;
                }
                if (sent < 20 && client.waitingReplies() == 0) {
                    continue;
                }
                EncodeReply reply = client.reply();
                if (reply.hasBatch()) {
                    done++;
                } else {
                    assertThat(reply.getFailure().getError().getCode()).isEqualTo(8);
                    assertThat(reply.getFailure().getError().getMessage())
                            .contains("the limit is 4194304")
                            .contains("try again in");
                    refused++;
                    sent--;
                }
            }
        }
        return refused;
    }
}
