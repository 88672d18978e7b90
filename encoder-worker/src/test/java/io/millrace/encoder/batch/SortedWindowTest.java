package io.millrace.encoder.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.millrace.encoder.FakeEncoder;
import io.millrace.encoder.batch.EncodeJob.Slot;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SortedWindowTest {
    private static EncodeJob job(int... lengths) {
        List<TokenizedText> texts = Arrays.stream(lengths)
                .mapToObj(length -> new TokenizedText(new int[length], 0))
                .toList();
        return new EncodeJob(new FakeEncoder(), TextRole.DOCUMENT, texts, Long.MAX_VALUE, new Answer());
    }

    private static List<List<Integer>> lengths(SortedWindow window, int budget) {
        List<List<Integer>> batches = new ArrayList<>();
        for (List<Slot> batch = window.next(budget); !batch.isEmpty(); batch = window.next(budget)) {
            batches.add(batch.stream().map(Slot::tokens).toList());
        }
        return batches;
    }

    @Test
    void textsOfOneLengthShareABatchWhateverRequestTheyCameIn() {
        SortedWindow window = new SortedWindow(8, 0.1);
        window.add(job(10, 100, 10));
        window.add(job(100, 10, 95));
        assertThat(lengths(window, 400)).containsExactly(List.of(100, 100, 95), List.of(10, 10, 10));
    }

    @Test
    void paddedTokensStayWithinTheBudgetAndATextAboveItGoesAlone() {
        SortedWindow window = new SortedWindow(8, 1);
        window.add(job(30, 30, 500, 30, 1));
        assertThat(lengths(window, 60)).containsExactly(List.of(500), List.of(30, 30), List.of(30, 1));
    }

    @Test
    void paddingStaysBelowItsShareForAnyMixtureAndNothingIsLost() {
        for (long seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            SortedWindow window = new SortedWindow(16, 0.1);
            long tokens = 0;
            int texts = 0;
            for (int i = 0; i < 40; i++) {
                int[] lengths = IntStream.generate(() -> 2 + random.nextInt(1 << (1 + random.nextInt(9))))
                        .limit(1 + random.nextInt(40))
                        .toArray();
                tokens += Arrays.stream(lengths).sum();
                texts += lengths.length;
                window.add(job(lengths));
            }
            long seen = 0;
            for (List<Integer> batch : lengths(window, 2048)) {
                int padded = batch.getFirst() * batch.size();
                int sum = batch.stream().mapToInt(Integer::intValue).sum();
                assertThat(padded).isLessThanOrEqualTo(2048);
                assertThat(padded - sum).isLessThanOrEqualTo(padded / 10);
                seen += sum;
                texts -= batch.size();
            }
            assertThat(seen).isEqualTo(tokens);
            assertThat(texts).isZero();
        }
    }

    @Test
    void anEarlyTextWaitsOnlyForItsOwnWindow() {
        SortedWindow window = new SortedWindow(1, 0.1);
        window.add(job(2)); // the shortest of all, so last in its window
        for (int i = 0; i < 100; i++) {
            window.add(job(50));
        }
        List<List<Integer>> batches = lengths(window, 100);
        assertThat(batches.subList(0, 3)).containsExactly(List.of(50, 50), List.of(2), List.of(50, 50));
    }

    @Test
    void textsOfAFailedRequestAreSkipped() {
        SortedWindow window = new SortedWindow(8, 0.1);
        EncodeJob failed = job(10, 10, 10);
        window.add(failed);
        window.add(job(9));
        assertThat(window.next(10)).hasSize(1);
        failed.fail(new Failure(Status.Code.CANCELLED, "gone"));
        assertThat(lengths(window, 10)).containsExactly(List.of(9));
    }
}
