package io.millrace.encoder.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.millrace.encoder.FakeEncoder;
import io.millrace.encoder.FakeEncoder.Call;
import io.millrace.encoder.Texts;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.service.Metrics;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class InferenceTest {
    private static final int BUDGET = 1024;

    private final Metrics metrics = new Metrics();

    private BatchQueue start(FakeEncoder encoder) {
        return start(encoder, 1);
    }

    private BatchQueue start(FakeEncoder encoder, int documentBatches) {
        return BatchQueue.start(encoder, BatchLimits.of(BUDGET, documentBatches), new EncoderMetrics(metrics));
    }

    private static Answer submit(BatchQueue queue, FakeEncoder encoder, List<String> texts) throws Exception {
        Answer answer = new Answer();
        List<TokenizedText> tokens = encoder.tokenize(texts, TextRole.DOCUMENT);
        queue.submit(new EncodeJob(encoder, TextRole.DOCUMENT, tokens, System.nanoTime() + 60_000_000_000L, answer));
        return answer;
    }

    private static boolean holds(List<int[]> batch, String word) {
        return batch.stream().anyMatch(text -> text[0] == FakeEncoder.token(word));
    }

    @Test
    void aPoisonousTextFailsOnlyItsOwnRequestAndIsNamed() throws Exception {
        FakeEncoder encoder = new FakeEncoder((batch, role) -> {
            if (holds(batch, "poison")) {
                throw new IllegalArgumentException("index out of range in self");
            }
        });
        FakeEncoder direct = new FakeEncoder();
        try (BatchQueue queue = start(encoder, 3)) {
            List<List<String>> requests = new ArrayList<>();
            List<Answer> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                List<String> texts = new ArrayList<>(Texts.ofWords(8, 16));
                if (i == 3) {
                    texts.set(5, "poison" + " x".repeat(15));
                }
                requests.add(texts);
                answers.add(submit(queue, encoder, texts));
            }
            for (int i = 0; i < 8; i++) {
                if (i == 3) {
                    Failure failure = answers.get(i).failure();
                    assertThat(failure.code()).isEqualTo(Status.Code.INTERNAL);
                    assertThat(failure.field()).isEqualTo("texts[5]");
                    assertThat(failure.message())
                            .contains("texts[5] (16 tokens)")
                            .contains("index out of range");
                } else {
                    assertThat(answers.get(i).vectors())
                            .isEqualTo(direct.encode(
                                    direct.tokenize(requests.get(i), TextRole.DOCUMENT), TextRole.DOCUMENT));
                }
            }
            // The queue goes on at full budget: a bad text says nothing about memory.
            assertThat(queue.tokenBudget()).isEqualTo(BUDGET);
        }
    }

    @Test
    void aPoisonousPieceFailsItsText() throws Exception {
        FakeEncoder encoder = new FakeEncoder(
                (batch, role) -> {
                    if (holds(batch, "poison")) {
                        throw new IllegalArgumentException("index out of range in self");
                    }
                },
                3,
                Set.of());
        try (BatchQueue queue = start(encoder)) {
            String poisoned = "x ".repeat(512) + "poison" + " x".repeat(700);
            Failure failure =
                    submit(queue, encoder, List.of("a", poisoned, "b")).failure();
            assertThat(failure.field()).isEqualTo("texts[1]");
            assertThat(submit(queue, encoder, List.of("y ".repeat(1_300))).vectors())
                    .hasSize(1);
        }
    }

    @Test
    void aTextThatCannotBeJoinedFailsOnlyItsOwnRequest() throws Exception {
        FakeEncoder encoder = new FakeEncoder() {
            @Override
            public SparseVector join(TokenizedText text, List<SparseVector> pieces, TextRole role) {
                if (text.tokens() == 7) {
                    throw new IllegalArgumentException("vector has 65537 entries");
                }
                return super.join(text, pieces, role);
            }
        };
        try (BatchQueue queue = start(encoder)) {
            Answer fine = submit(queue, encoder, Texts.ofWords(3, 6));
            Answer bad = submit(queue, encoder, List.of("a b", "a b c d e f g"));
            assertThat(bad.failure().message()).contains("texts[1] (7 tokens)").contains("65537 entries");
            assertThat(fine.vectors()).hasSize(3);
            assertThat(submit(queue, encoder, Texts.ofWords(2, 6)).vectors()).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"heap", "engine"})
    void outOfMemoryHalvesTheBatchAndLaterBatchesStaySmaller(String kind) throws Exception {
        int fits = 300;
        FakeEncoder encoder = new FakeEncoder((batch, role) -> {
            if (new Call(role, batch).paddedTokens() > fits) {
                if (kind.equals("heap")) {
                    throw new OutOfMemoryError("Java heap space");
                }
                throw new IllegalStateException("DefaultCPUAllocator: can't allocate memory: you tried 12 bytes");
            }
        });
        try (BatchQueue queue = start(encoder)) {
            assertThat(submit(queue, encoder, Texts.ofWords(64, 16)).vectors()).hasSize(64);
            assertThat(queue.tokenBudget()).isEqualTo(256);
            int before = encoder.calls().size();
            assertThat(submit(queue, encoder, Texts.ofWords(64, 16)).vectors()).hasSize(64);
            assertThat(encoder.calls().subList(before, encoder.calls().size()))
                    .hasSize(4)
                    .allMatch(call -> call.paddedTokens() == 256);
        }
        assertThat(metrics.text()).contains("millrace_encoder_inference_failures_total 3.0");
    }

    @Test
    void aTextTooLargeForMemoryEvenAloneIsRefusedAsRetryable() throws Exception {
        FakeEncoder encoder = new FakeEncoder((batch, role) -> {
            if (new Call(role, batch).longest() > 100) {
                throw new OutOfMemoryError("CUDA out of memory");
            }
        });
        try (BatchQueue queue = start(encoder)) {
            Answer large = submit(queue, encoder, Texts.ofWords(1, 200));
            assertThat(large.failure().code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(submit(queue, encoder, Texts.ofWords(9, 90)).vectors()).hasSize(9);
        }
    }

    @Test
    void aModelThatLosesVectorsIsCaught() throws Exception {
        FakeEncoder encoder = new FakeEncoder() {
            @Override
            public List<SparseVector> encodePieces(List<int[]> batch, TextRole role) {
                return super.encodePieces(batch.subList(1, batch.size()), role);
            }
        };
        try (BatchQueue queue = start(encoder)) {
            assertThat(submit(queue, encoder, Texts.ofWords(4, 4)).failure().message())
                    .contains("fake gave 0 vectors for 1 texts");
        }
    }

    @Test
    void anEngineThatAlwaysFailsCostsARequestFewAttempts() throws Exception {
        FakeEncoder encoder = new FakeEncoder((batch, role) -> {
            throw new IllegalStateException("device lost");
        });
        try (BatchQueue queue = start(encoder)) {
            assertThat(submit(queue, encoder, Texts.ofWords(64, 16)).failure().message())
                    .contains("device lost");
            // 64, 32, 16, 8, 4, 2, 1: then the request has failed and its other texts are left alone.
            assertThat(encoder.calls()).hasSize(7);
        }
    }
}
