package io.millrace.encoder.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.millrace.encoder.FakeEncoder;
import io.millrace.encoder.FakeEncoder.Call;
import io.millrace.encoder.Gate;
import io.millrace.encoder.Texts;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.service.Metrics;
import io.millrace.vector.SparseVector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatchQueueTest {
    private static final int BUDGET = 2048;

    private Metrics metrics = new Metrics();

    /** One batch of documents at a time, so that it is known which come together. */
    private BatchQueue start(FakeEncoder encoder) {
        return start(encoder, 1);
    }

    private BatchQueue start(FakeEncoder encoder, int documentBatches) {
        metrics = new Metrics();
        return BatchQueue.start(encoder, BatchLimits.of(BUDGET, documentBatches), new EncoderMetrics(metrics));
    }

    private static Answer submit(BatchQueue queue, FakeEncoder encoder, List<String> texts, TextRole role)
            throws InterruptedException {
        return submit(queue, encoder, encoder.tokenize(texts, role), role, Duration.ofSeconds(60));
    }

    private static Answer submit(
            BatchQueue queue, FakeEncoder encoder, List<TokenizedText> texts, TextRole role, Duration timeout)
            throws InterruptedException {
        Answer answer = new Answer();
        queue.submit(new EncodeJob(encoder, role, texts, System.nanoTime() + timeout.toNanos(), answer));
        return answer;
    }

    @Test
    void everyRequestGetsItsOwnVectorsInOrderWhateverSharesItsBatches() throws Exception {
        for (long seed = 0; seed < 5; seed++) {
            Random random = new Random(seed);
            Gate gate = new Gate();
            FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
            FakeEncoder direct = new FakeEncoder();
            try (BatchQueue queue = start(encoder, 1 + (int) seed)) {
                List<List<String>> requests = new ArrayList<>();
                List<TextRole> roles = new ArrayList<>();
                List<Answer> answers = new ArrayList<>();
                for (int i = 0; i < 120; i++) {
                    TextRole role = random.nextInt(4) == 0 ? TextRole.QUERY : TextRole.DOCUMENT;
                    List<String> texts = Texts.random(random, 1 + random.nextInt(i % 20 == 0 ? 300 : 40), 300);
                    requests.add(texts);
                    roles.add(role);
                    answers.add(submit(queue, encoder, texts, role));
                    if (i == 80) {
                        gate.open();
                    }
                }
                for (int i = 0; i < requests.size(); i++) {
                    assertThat(answers.get(i).vectors())
                            .isEqualTo(direct.encode(direct.tokenize(requests.get(i), roles.get(i)), roles.get(i)));
                }
            }
            List<Call> calls = encoder.calls();
            assertThat(calls).allMatch(call -> call.texts().size() == 1 || call.paddedTokens() <= BUDGET);
            long padded = calls.stream()
                    .filter(call -> call.role() == TextRole.DOCUMENT)
                    .mapToLong(Call::paddedTokens)
                    .sum();
            long tokens = calls.stream()
                    .filter(call -> call.role() == TextRole.DOCUMENT)
                    .mapToLong(Call::tokens)
                    .sum();
            assertThat((padded - tokens) / (double) padded).isLessThan(0.1);
        }
    }

    @Test
    void requestsShareBatchesAndOneRequestIsSpreadOverSeveral() throws Exception {
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
        try (BatchQueue queue = start(encoder)) {
            Answer first = submit(queue, encoder, Texts.ofWords(1, 10), TextRole.DOCUMENT);
            gate.awaitArrivals(1);
            List<Answer> small = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                small.add(submit(queue, encoder, Texts.ofWords(1, 64), TextRole.DOCUMENT));
            }
            Answer large = submit(queue, encoder, Texts.ofWords(100, 64), TextRole.DOCUMENT);
            gate.open();
            first.vectors();
            for (Answer answer : small) {
                answer.vectors();
            }
            large.vectors();
        }
        assertThat(encoder.calls().stream().map(call -> call.texts().size())).containsExactly(1, 32, 32, 32, 20);
    }

    @Test
    void piecesOfLongTextsCountAgainstTheBudgetOneByOneAndAreJoined() throws Exception {
        Random random = new Random(4);
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass(), 6, Set.of());
        FakeEncoder direct = new FakeEncoder((texts, role) -> {}, 6, Set.of());
        List<List<String>> requests = new ArrayList<>();
        List<Answer> answers = new ArrayList<>();
        try (BatchQueue queue = start(encoder)) {
            for (int i = 0; i < 12; i++) {
                requests.add(Texts.random(random, 1 + random.nextInt(6), 4_000));
                answers.add(submit(queue, encoder, requests.get(i), TextRole.DOCUMENT));
            }
            gate.open();
            for (int i = 0; i < requests.size(); i++) {
                List<TokenizedText> tokens = direct.tokenize(requests.get(i), TextRole.DOCUMENT);
                assertThat(answers.get(i).vectors()).isEqualTo(direct.encode(tokens, TextRole.DOCUMENT));
            }
        }
        // Texts of up to 3,072 tokens, and no batch above 2,048.
        assertThat(encoder.calls()).allMatch(call -> call.paddedTokens() <= BUDGET);
        int texts = requests.stream().mapToInt(List::size).sum();
        int pieces =
                encoder.calls().stream().mapToInt(call -> call.texts().size()).sum();
        assertThat(pieces).isGreaterThan(2 * texts);
        assertThat(metrics.text()).contains("millrace_encoder_texts_total{role=\"document\",} " + texts + ".0");
    }

    @Test
    void queriesWaitForNoDocuments() throws Exception {
        Gate documents = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> {
            if (role == TextRole.DOCUMENT) {
                documents.pass();
            }
        });
        try (BatchQueue queue = start(encoder, 2)) {
            Answer many = submit(queue, encoder, Texts.ofWords(200, 100), TextRole.DOCUMENT);
            documents.awaitArrivals(2);
            assertThat(submit(queue, encoder, Texts.ofWords(2, 8), TextRole.QUERY)
                            .vectors())
                    .hasSize(2);
            documents.open();
            assertThat(many.vectors()).hasSize(200);
        }
    }

    @Test
    void queriesThatComeWhileOneRunsShareTheNextBatch() throws Exception {
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
        try (BatchQueue queue = start(encoder, 3)) {
            Answer first = submit(queue, encoder, Texts.ofWords(1, 8), TextRole.QUERY);
            gate.awaitArrivals(1);
            List<Answer> others = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                others.add(submit(queue, encoder, Texts.ofWords(1, 8), TextRole.QUERY));
            }
            gate.open();
            first.vectors();
            for (Answer answer : others) {
                answer.vectors();
            }
        }
        assertThat(encoder.calls().stream().map(call -> call.texts().size())).containsExactly(1, 5);
    }

    @Test
    void asManyBatchesOfDocumentsRunAtOnceAsAllowed() throws Exception {
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
        try (BatchQueue queue = start(encoder, 3)) {
            Answer documents = submit(queue, encoder, Texts.ofWords(200, 100), TextRole.DOCUMENT);
            gate.awaitArrivals(3);
            Gate.pause(Duration.ofMillis(50));
            assertThat(encoder.calls()).hasSize(3);
            gate.let(1);
            gate.awaitArrivals(4);
            gate.open();
            assertThat(documents.vectors()).hasSize(200);
        }
    }

    @Test
    void aRequestWhoseCallerIsGoneIsNotComputed() throws Exception {
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
        try (BatchQueue queue = start(encoder)) {
            submit(queue, encoder, Texts.ofWords(1, 10), TextRole.DOCUMENT);
            gate.awaitArrivals(1);
            Answer left = submit(queue, encoder, Texts.ofWords(50, 20), TextRole.DOCUMENT);
            Answer stays = submit(queue, encoder, Texts.ofWords(3, 20), TextRole.DOCUMENT);
            left.leave();
            gate.open();
            assertThat(stays.vectors()).hasSize(3);
            assertThat(left.failure().code()).isEqualTo(Status.Code.CANCELLED);
        }
        assertThat(encoder.calls().stream()
                        .mapToInt(call -> call.texts().size())
                        .sum())
                .isEqualTo(4);
        assertThat(metrics.text()).contains("millrace_encoder_drops_total{reason=\"cancelled\",} 1.0");
    }

    @Test
    void aCallerWhoLeavesHalfwayFreesTheRestOfItsTexts() throws Exception {
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
        try (BatchQueue queue = start(encoder)) {
            Answer left = submit(queue, encoder, Texts.ofWords(1000, 64), TextRole.DOCUMENT);
            gate.awaitArrivals(1);
            left.leave();
            gate.open();
            assertThat(left.failure().code()).isEqualTo(Status.Code.CANCELLED);
        }
        assertThat(encoder.calls()).hasSize(1);
    }

    @Test
    void aRequestNotStartedInTimeIsDroppedAndAStartedOneIsFinished() throws Exception {
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
        try (BatchQueue queue = start(encoder)) {
            List<TokenizedText> texts = encoder.tokenize(Texts.ofWords(100, 64), TextRole.DOCUMENT);
            Answer started = submit(queue, encoder, texts, TextRole.DOCUMENT, Duration.ofSeconds(2));
            gate.awaitArrivals(1);
            Answer late = submit(queue, encoder, texts, TextRole.DOCUMENT, Duration.ofSeconds(2));
            Answer patient = submit(queue, encoder, texts, TextRole.DOCUMENT, Duration.ofSeconds(60));
            Gate.pause(Duration.ofMillis(2200));
            gate.open();
            assertThat(started.vectors()).hasSize(100);
            assertThat(patient.vectors()).hasSize(100);
            assertThat(late.failure().code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(late.failure().message()).contains("queued tokens").contains("timeout_millis");
        }
        assertThat(metrics.text()).contains("millrace_encoder_drops_total{reason=\"deadline\",} 1.0");
    }

    @Test
    void closingFinishesWhatWasTakenInAndRefusesWhatComesAfter() throws Exception {
        FakeEncoder encoder = new FakeEncoder((texts, role) -> Gate.pause(Duration.ofMillis(2)));
        BatchQueue queue = start(encoder);
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            answers.add(submit(queue, encoder, Texts.ofWords(20, 30), TextRole.DOCUMENT));
        }
        assertThat(queue.close(Duration.ofSeconds(20))).isTrue();
        for (Answer answer : answers) {
            assertThat(answer.done()).isTrue();
            assertThat(answer.vectors()).hasSize(20);
        }
        Answer after = submit(queue, encoder, Texts.ofWords(1, 3), TextRole.QUERY);
        assertThat(after.failure().code()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(queue.ended()).isCompleted();
    }

    @Test
    void whatIsNotFinishedByTheDrainDeadlineFailsAsUnavailable() throws Exception {
        FakeEncoder encoder = new FakeEncoder((texts, role) -> Gate.pause(Duration.ofMillis(50)));
        BatchQueue queue = start(encoder);
        Answer endless = submit(queue, encoder, Texts.ofWords(1000, 100), TextRole.DOCUMENT);
        assertThat(queue.close(Duration.ofMillis(120))).isTrue();
        assertThat(endless.failure().code()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(encoder.calls().size()).isBetween(1, 6);
    }

    @Test
    void theQueueReportsWhatWaits() throws Exception {
        Gate gate = new Gate();
        FakeEncoder encoder = new FakeEncoder((texts, role) -> gate.pass());
        try (BatchQueue queue = start(encoder)) {
            submit(queue, encoder, Texts.ofWords(1, 10), TextRole.DOCUMENT);
            gate.awaitArrivals(1);
            Answer rest = submit(queue, encoder, Texts.ofWords(64, 64), TextRole.DOCUMENT);
            gate.let(1);
            gate.awaitArrivals(2);
            assertThat(queue.queuedTokens()).isEqualTo(64 * 64);
            assertThat(metrics.text()).contains("millrace_encoder_queued_document_tokens 4096.0");
            gate.open();
            rest.vectors();
        }
        assertThat(metrics.text())
                .contains("millrace_encoder_texts_total{role=\"document\",} 65.0")
                .contains("millrace_encoder_tokens_total{role=\"document\",} " + (10 + 64 * 64) + ".0")
                .contains("millrace_encoder_padding_tokens_total{role=\"document\",} 0.0")
                .contains("millrace_encoder_batch_padded_tokens_sum " + (10 + 64 * 64) + ".0")
                .contains("millrace_encoder_inference_seconds_count{role=\"document\",} 3.0");
    }

    @Test
    void aCallerThatThrowsHarmsNobodyElse() throws Exception {
        FakeEncoder encoder = new FakeEncoder();
        try (BatchQueue queue = start(encoder)) {
            EncodeJob.Caller throwing = new EncodeJob.Caller() {
                @Override
                public boolean gone() {
                    return false;
                }

                @Override
                public void encoded(List<SparseVector> vectors) {
                    throw new IllegalStateException("no");
                }

                @Override
                public void failed(Failure failure) {
                    throw new IllegalStateException("no");
                }
            };
            List<TokenizedText> texts = encoder.tokenize(Collections.nCopies(4, "a b"), TextRole.DOCUMENT);
            queue.submit(new EncodeJob(encoder, TextRole.DOCUMENT, texts, Long.MAX_VALUE, throwing));
            assertThat(submit(queue, encoder, List.of("c"), TextRole.DOCUMENT).vectors())
                    .hasSize(1);
        }
    }
}
