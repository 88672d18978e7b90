package io.millrace.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.v1.DescribeModelRequest;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodedBatch;
import io.millrace.v1.EncoderWorkerGrpc;
import io.millrace.v1.LoadedModel;
import io.millrace.v1.ModelDescription;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EncodeStreamTest {
    private static boolean infers(String thread) {
        return thread.startsWith("millrace-inference-");
    }

    private static List<SparseVector> vectors(EncodedBatch batch) {
        return VectorBlockCodec.decode(
                batch.getVectors().getPayload().toByteArray(),
                batch.getVectors().getCount(),
                batch.getVectors().getCrc32C());
    }

    @Test
    void randomBatchesOnManyStreamsComeBackEqualToDirectEncoding() throws Exception {
        FakeEncoder encoder = new FakeEncoder();
        FakeEncoder direct = new FakeEncoder();
        try (EncoderWorker worker = Workers.start(encoder);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            ManagedChannel channel = EncodeClient.channel(worker.port());
            List<Future<Integer>> done = new ArrayList<>();
            for (int stream = 0; stream < 6; stream++) {
                Random random = new Random(stream);
                Callable<Integer> client = () -> exchange(channel, random, direct);
                done.add(clients.submit(client));
            }
            int texts = 0;
            for (Future<Integer> one : done) {
                texts += one.get(50, TimeUnit.SECONDS);
            }
            assertThat(encoder.calls().stream()
                            .mapToInt(call -> call.texts().size())
                            .sum())
                    .isEqualTo(texts);
            channel.shutdownNow();
        }
        assertThat(encoder.encodeThreads()).allMatch(EncodeStreamTest::infers);
        assertThat(encoder.tokenizeThreads()).noneMatch(EncodeStreamTest::infers);
    }

    private static int exchange(ManagedChannel channel, Random random, FakeEncoder direct) throws Exception {
        Map<Long, EncodeBatch> sent = new HashMap<>();
        int texts = 0;
        try (EncodeClient client = EncodeClient.on(channel)) {
            for (long id = 0; id < 40; id++) {
                boolean query = random.nextInt(4) == 0;
                EncodeBatch.Builder batch = EncodeClient.batch(
                                id, Texts.random(random, 1 + random.nextInt(random.nextInt(10) == 0 ? 200 : 30), 600))
                        .setRole(
                                query
                                        ? io.millrace.v1.TextRole.TEXT_ROLE_QUERY
                                        : io.millrace.v1.TextRole.TEXT_ROLE_DOCUMENT)
                        .setIncludeTerms(random.nextInt(8) == 0);
                sent.put(id, batch.build());
                texts += batch.getTextsCount();
                client.send(batch);
            }
            client.halfClose();
            for (int i = 0; i < 40; i++) {
                EncodedBatch reply = client.encoded();
                EncodeBatch batch = sent.remove(reply.getBatchId());
                if (batch == null) {
                    throw new AssertionError("batch " + reply.getBatchId() + " was answered twice, or never sent");
                }
                assertMatches(reply, batch, direct);
            }
            assertThat(client.end().getCode()).isEqualTo(Status.Code.OK);
        }
        return texts;
    }

    private static void assertMatches(EncodedBatch reply, EncodeBatch batch, FakeEncoder direct) {
        TextRole role = batch.getRole() == io.millrace.v1.TextRole.TEXT_ROLE_QUERY ? TextRole.QUERY : TextRole.DOCUMENT;
        List<TokenizedText> tokens = direct.tokenize(batch.getTextsList(), role);
        List<SparseVector> vectors = vectors(reply);
        assertThat(vectors).isEqualTo(direct.encode(tokens, role));
        assertThat(reply.getSpaceId()).isEqualTo(FakeEncoder.SPACE);
        assertThat(reply.getTokensList())
                .isEqualTo(tokens.stream().map(TokenizedText::tokens).toList());
        assertThat(reply.getTruncatedTokensList())
                .isEqualTo(tokens.stream().map(TokenizedText::truncatedTokens).toList());
        List<String> terms = vectors.stream()
                .flatMap(vector -> java.util.Arrays.stream(vector.ids()).mapToObj(direct::term))
                .toList();
        assertThat(reply.getTermsList()).isEqualTo(batch.getIncludeTerms() ? terms : List.of());
    }

    @Test
    void theModelIsDescribed() {
        try (EncoderWorker worker = Workers.start(new FakeEncoder())) {
            ManagedChannel channel = EncodeClient.channel(worker.port());
            ModelDescription model = EncoderWorkerGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .describeModel(DescribeModelRequest.getDefaultInstance());
            channel.shutdownNow();
            assertThat(model)
                    .isEqualTo(ModelDescription.newBuilder()
                            .setSpaceId(FakeEncoder.SPACE)
                            .setName("fake")
                            .setVocabularySize(30_522)
                            .setHybrid(true)
                            .setMaxQueryTokens(32)
                            .setMaxDocumentTokens(512)
                            .setDevice("fake")
                            .addModels(LoadedModel.newBuilder()
                                    .setSpaceId(FakeEncoder.SPACE)
                                    .setName("fake")
                                    .setVocabularySize(30_522)
                                    .setMaxQueryTokens(32)
                                    .setMaxDocumentTokens(512)
                                    .setDevice("fake"))
                            .build());
        }
    }

    @Test
    void queriesOvertakeTheDocumentsOfAllStreams() throws Exception {
        Gate documents = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> {
            if (role == TextRole.DOCUMENT) {
                documents.pass();
            }
        });
        try (EncoderWorker worker = Workers.start(encoder);
                EncodeClient bulk = EncodeClient.open(worker.port());
                EncodeClient search = EncodeClient.open(worker.port())) {
            for (int i = 0; i < 8; i++) {
                bulk.send(EncodeClient.batch(i, Texts.ofWords(32, 100)));
            }
            documents.awaitArrivals(2);
            search.send(EncodeClient.batch(1, Texts.ofWords(1, 6)).setRole(io.millrace.v1.TextRole.TEXT_ROLE_QUERY));
            assertThat(search.encoded().getBatchId()).isEqualTo(1);
            assertThat(bulk.waitingReplies()).isZero();
            documents.open();
            for (int i = 0; i < 8; i++) {
                assertThat(bulk.encoded().getVectors().getCount()).isEqualTo(32);
            }
        }
    }

    @Test
    void queriesFromATableTakeNoInferenceThreadAndNeverWait() throws Exception {
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder(
                (texts, role) -> {
                    if (role == TextRole.DOCUMENT) {
                        gate.pass();
                    }
                },
                1,
                Set.of(TextRole.QUERY));
        FakeEncoder direct = new FakeEncoder();
        try (EncoderWorker worker = Workers.start(encoder);
                EncodeClient bulk = EncodeClient.open(worker.port());
                EncodeClient search = EncodeClient.open(worker.port())) {
            bulk.send(EncodeClient.batch(1, Texts.ofWords(4, 10)));
            gate.awaitArrivals(1); // inference is busy, and stays so
            for (int i = 0; i < 20; i++) {
                EncodeBatch query = EncodeClient.batch(i, List.of("fear of spiders", "x".repeat(i)))
                        .setRole(io.millrace.v1.TextRole.TEXT_ROLE_QUERY)
                        .setIncludeTerms(true)
                        .build();
                search.send(query.toBuilder());
                assertMatches(search.encoded(), query, direct);
            }
            search.awaitCredit(4);
            Scrape.awaitValue(worker, "millrace_encoder_texts_total{role=\"query\",}", 40);
            Scrape.awaitValue(worker, "millrace_encoder_queued_bytes", 4 * (512 + 2 * 20.0));
            gate.open();
            assertThat(bulk.encoded().getVectors().getCount()).isEqualTo(4);
        }
        assertThat(encoder.encodeThreads()).filteredOn(EncodeStreamTest::infers).hasSize(1);
    }

    @Test
    void documentsFromATableAreAnsweredToo() throws Exception {
        FakeEncoder encoder = new FakeEncoder((texts, role) -> {}, 1, Set.of(TextRole.QUERY, TextRole.DOCUMENT)) {
            @Override
            public List<TokenizedText> tokenize(List<String> texts, TextRole role) {
                if (texts.contains("poison")) {
                    throw new IllegalStateException("bad normalizer");
                }
                return super.tokenize(texts, role);
            }
        };
        try (EncoderWorker worker = Workers.startMeasured(encoder);
                EncodeClient client = EncodeClient.open(worker.port())) {
            assertThat(encoder.calls()).isEmpty(); // no warm-up either
            client.send(EncodeClient.batch(1, Texts.ofWords(30, 10)));
            assertThat(client.encoded().getVectors().getCount()).isEqualTo(30);
            client.send(EncodeClient.batch(2, List.of("poison")));
            assertThat(client.failure().getError().getMessage()).contains("bad normalizer");
            client.awaitCredit(4);
            Scrape.awaitValue(worker, "millrace_encoder_queued_bytes", 0);
        }
        assertThat(encoder.encodeThreads()).noneMatch(EncodeStreamTest::infers);
    }

    @Test
    void aHalfClosedStreamGetsItsOutstandingResultsAndThenEnds() throws Exception {
        Gate gate = new Gate();
        try (EncoderWorker worker = Workers.start(new FakeEncoder((texts, role) -> gate.pass()));
                EncodeClient client = EncodeClient.open(worker.port())) {
            for (int i = 0; i < 6; i++) {
                client.send(EncodeClient.batch(i, Texts.ofWords(16, 16)));
            }
            client.halfClose();
            gate.open();
            List<Long> ids = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                ids.add(client.encoded().getBatchId());
            }
            assertThat(ids).containsExactlyInAnyOrder(0L, 1L, 2L, 3L, 4L, 5L);
            assertThat(client.end().getCode()).isEqualTo(Status.Code.OK);
        }
    }

    @Test
    void aCancelledStreamsBatchesAreDroppedAndItsRoomIsGivenBack() throws Exception {
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
        try (EncoderWorker worker = Workers.start(encoder);
                EncodeClient stays = EncodeClient.open(worker.port())) {
            try (EncodeClient leaves = EncodeClient.open(worker.port())) {
                for (int i = 0; i < 2; i++) {
                    leaves.send(EncodeClient.batch(i, Texts.ofWords(1, 4)));
                    gate.awaitArrivals(i + 1); // all there is room for
                }
                for (int i = 2; i < 10; i++) {
                    leaves.send(EncodeClient.batch(i, Texts.ofWords(100, 40)));
                }
                leaves.awaitCredit(4);
                leaves.cancel();
            }
            stays.send(EncodeClient.batch(1, Texts.ofWords(2, 8)));
            stays.awaitCredit(4);
            Scrape.awaitValue(worker, "millrace_encoder_streams", 1);
            gate.open();
            assertThat(stays.encoded().getVectors().getCount()).isEqualTo(2);
            assertThat(encoder.calls().stream()
                            .mapToInt(call -> call.texts().size())
                            .sum())
                    .isEqualTo(4);
            Scrape.awaitValue(worker, "millrace_encoder_queued_bytes", 0);
            Scrape.awaitValue(worker, "millrace_encoder_drops_total{reason=\"cancelled\",}", 8);
        }
    }

    @Test
    void aBatchThatWaitsLongerThanItsTimeoutIsDropped() throws Exception {
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
        try (EncoderWorker worker = Workers.start(encoder);
                EncodeClient client = EncodeClient.open(worker.port())) {
            for (int i = 0; i < 2; i++) {
                client.send(EncodeClient.batch(i, Texts.ofWords(1, 4)).setTimeoutMillis(2000));
                gate.awaitArrivals(i + 1); // started in time, so it is finished however long it takes
            }
            client.send(EncodeClient.batch(2, Texts.ofWords(1, 4)).setTimeoutMillis(2000));
            client.send(EncodeClient.batch(3, Texts.ofWords(1, 4)));
            client.awaitCredit(4);
            Gate.pause(java.time.Duration.ofMillis(2200));
            gate.open();
            // A refusal may overtake the vectors of the batch before it.
            List<String> replies = Stream.of(client.reply(), client.reply(), client.reply(), client.reply())
                    .map(Object::toString)
                    .sorted()
                    .toList();
            assertThat(replies.toString())
                    .contains("batch_id: 1", "batch_id: 2", "code: 4", "timeout_millis", "batch_id: 3")
                    .containsOnlyOnce("error {");
            assertThat(encoder.calls()).hasSize(3);
        }
    }
}
