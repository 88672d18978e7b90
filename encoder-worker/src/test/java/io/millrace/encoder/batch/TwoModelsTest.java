package io.millrace.encoder.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.millrace.encoder.FakeEncoder;
import io.millrace.encoder.Gate;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.service.Metrics;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two models behind one queue. */
@Timeout(60)
class TwoModelsTest {
    private static final int BUDGET = 64;
    private static final String DOCUMENT = "w ".repeat(63) + "w"; // fills a batch

    private final Gate gate = new Gate();
    private final List<String> order = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger mostRunning = new AtomicInteger();
    private final FakeEncoder first = encoder("first");
    private final FakeEncoder second = encoder("second");

    private FakeEncoder encoder(String name) {
        return new FakeEncoder((texts, role) -> {
            mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
            order.add(name + (role == TextRole.QUERY ? " query" : ""));
            gate.pass();
            running.decrementAndGet();
        });
    }

    private BatchQueue start(int documentBatches) throws InterruptedException {
        BatchQueue queue =
                BatchQueue.start(first, BatchLimits.of(BUDGET, documentBatches), new EncoderMetrics(new Metrics()));
        queue.add(second);
        return queue;
    }

    private static Answer submit(BatchQueue queue, FakeEncoder encoder, TextRole role, String text)
            throws InterruptedException {
        Answer answer = new Answer();
        List<TokenizedText> texts = encoder.tokenize(List.of(text), role);
        queue.submit(new EncodeJob(encoder, role, texts, System.nanoTime() + 60_000_000_000L, answer));
        return answer;
    }

    @Test
    void modelsTakeTurnsHoweverMuchOneOfThemHasWaiting() throws Exception {
        try (BatchQueue queue = start(1)) {
            List<Answer> answers = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                answers.add(submit(queue, first, TextRole.DOCUMENT, DOCUMENT));
            }
            gate.awaitArrivals(1);
            answers.add(submit(queue, second, TextRole.DOCUMENT, DOCUMENT));
            answers.add(submit(queue, second, TextRole.DOCUMENT, DOCUMENT));
            gate.open();
            for (Answer answer : answers) {
                assertThat(answer.vectors()).hasSize(1);
            }
            assertThat(order).containsExactly("first", "second", "first", "second", "first", "first", "first", "first");
            assertThat(first.calls()).hasSize(6);
            assertThat(second.calls()).hasSize(2);
        }
    }

    @Test
    void togetherTheyHaveNoMoreRoomThanOneAndQueriesOfBothGoAhead() throws Exception {
        try (BatchQueue queue = start(2)) {
            List<Answer> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                answers.add(submit(queue, i % 2 == 0 ? first : second, TextRole.DOCUMENT, DOCUMENT));
            }
            gate.awaitArrivals(2); // all there is room for
            Answer one = submit(queue, first, TextRole.QUERY, "a");
            gate.awaitArrivals(3); // a query waits for no document
            Answer other = submit(queue, second, TextRole.QUERY, "a");
            gate.open();
            assertThat(one.vectors()).hasSize(1);
            assertThat(other.vectors()).hasSize(1);
            for (Answer answer : answers) {
                answer.vectors();
            }
            assertThat(mostRunning.get()).isLessThanOrEqualTo(3);
            assertThat(order.subList(0, 2)).containsExactlyInAnyOrder("first", "second");
            assertThat(order).contains("first query", "second query");
        }
    }

    @Test
    void requestsOfAModelThatWasTakenOutAreRefusedAndTheOtherGoesOn() throws Exception {
        gate.open();
        try (BatchQueue queue = start(1)) {
            assertThat(submit(queue, second, TextRole.DOCUMENT, "a b").vectors())
                    .hasSize(1);
            queue.remove(second);
            Failure failure = submit(queue, second, TextRole.DOCUMENT, "a b").failure();
            assertThat(failure.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
            assertThat(failure.message()).contains("not served here any more");
            assertThat(submit(queue, first, TextRole.QUERY, "a").vectors()).hasSize(1);
        }
    }

    @Test
    void memoryThatOneModelLacksLowersItsOwnBudgetOnly() throws Exception {
        FakeEncoder small = new FakeEncoder((texts, role) -> {
            if (texts.size() > 2) {
                throw new OutOfMemoryError("small");
            }
        });
        gate.open();
        try (BatchQueue queue = BatchQueue.start(first, BatchLimits.of(BUDGET, 1), new EncoderMetrics(new Metrics()))) {
            queue.add(small);
            Answer answer = new Answer();
            List<TokenizedText> eight = small.tokenize(Collections.nCopies(8, "a b c d e f g h"), TextRole.DOCUMENT);
            queue.submit(new EncodeJob(small, TextRole.DOCUMENT, eight, Long.MAX_VALUE, answer));
            assertThat(answer.vectors()).hasSize(8);
            Answer of = new Answer();
            queue.submit(new EncodeJob(first, TextRole.DOCUMENT, eight, Long.MAX_VALUE, of));
            assertThat(of.vectors()).hasSize(8);
            assertThat(first.calls()).hasSize(1); // all eight at once
            assertThat(queue.tokenBudget()).isLessThan(BUDGET);
        }
    }
}
