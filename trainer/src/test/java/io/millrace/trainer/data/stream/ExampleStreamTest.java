package io.millrace.trainer.data.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.data.Cursor;
import io.millrace.trainer.data.TrainingBatch;
import io.millrace.trainer.data.TrainingExample;
import io.millrace.trainer.data.TrainingFiles;
import io.millrace.trainer.data.format.TextRepair;
import io.millrace.trainer.data.pool.GroupSampler;
import io.millrace.trainer.data.pool.SamplingRules;
import io.millrace.trainer.data.pool.SkipReason;
import io.millrace.trainer.data.source.LinePools;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ExampleStreamTest {
    private static final GroupSampler SAMPLER = new GroupSampler(SamplingRules.ofSize(4));

    @TempDir
    private Path folder;

    private LinePools pools(int lines) throws IOException {
        String[] all = IntStream.range(0, lines)
                .mapToObj(i -> i % 10 == 9
                        ? ""
                        : "{\"query\": \"q" + i + "\", \"pos\": \"p" + i + "\", \"negs\": ["
                                + IntStream.range(0, i % 10 == 8 ? 2 : 12)
                                        .mapToObj(n -> "\"n" + i + "-" + n + "\"")
                                        .collect(Collectors.joining(","))
                                + "]}")
                .toArray(String[]::new);
        TrainingFiles files = new TrainingFiles(folder);
        return LinePools.contrastive(files.write("pairs-" + lines + ".jsonl", all), files.stores(), TextRepair.NONE);
    }

    @Test
    void eachEpochGivesEachUsableItemOnceInAnotherOrder() throws IOException {
        try (LinePools pools = pools(200)) {
            ExampleStream stream = ExampleStream.start(pools, SAMPLER, 5);
            List<List<String>> epochs = new ArrayList<>();
            List<String> negatives = new ArrayList<>();
            for (int epoch = 0; epoch < 3; epoch++) {
                List<String> queries = new ArrayList<>();
                for (int i = 0; i < 160; i++) {
                    TrainingExample example = stream.next();
                    queries.add(example.query().text());
                    if (example.query().text().equals("q0")) {
                        negatives.add(example.candidates().toString());
                    }
                }
                epochs.add(queries);
                assertThat(new HashSet<>(queries)).hasSize(160);
                assertThat(stream.cursor().epoch()).isEqualTo(epoch);
            }
            assertThat(new HashSet<>(epochs)).hasSize(3);
            assertThat(new HashSet<>(negatives)).hasSize(3);
            assertThat(stream.skipped().keySet()).isEqualTo(Set.of(SkipReason.NO_ITEM, SkipReason.TOO_FEW_NEGATIVES));
        }
    }

    @Test
    void fromAnyCursorTheSameExamplesFollow() throws IOException {
        Random random = new Random(8);
        try (LinePools pools = pools(50)) {
            BatchStream whole = new BatchStream(ExampleStream.start(pools, SAMPLER, 5), 7);
            List<TrainingBatch> batches = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                batches.add(whole.next());
            }
            for (int round = 0; round < 10; round++) {
                int at = random.nextInt(39);
                String saved = batches.get(at).after().toJson();
                try (LinePools again = pools(50)) {
                    BatchStream resumed = new BatchStream(new ExampleStream(again, SAMPLER, Cursor.fromJson(saved)), 7);
                    for (int i = at + 1; i < 40; i++) {
                        assertThat(resumed.next()).isEqualTo(batches.get(i));
                    }
                }
            }
        }
    }

    @Test
    void anotherSeedGivesAnotherOrderAndOtherNegatives() throws IOException {
        try (LinePools pools = pools(50)) {
            TrainingExample first = ExampleStream.start(pools, SAMPLER, 1).next();
            TrainingExample second = ExampleStream.start(pools, SAMPLER, 2).next();
            assertThat(first).isNotEqualTo(second);
        }
    }

    @Test
    void aCursorOfOtherDataOrRulesIsRefused() throws IOException {
        try (LinePools pools = pools(50);
                LinePools other = pools(60)) {
            Cursor cursor = ExampleStream.start(pools, SAMPLER, 5).cursor();
            assertThatThrownBy(() -> new ExampleStream(other, SAMPLER, cursor))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the cursor belongs to data");
            GroupSampler larger = new GroupSampler(SamplingRules.ofSize(5));
            assertThatThrownBy(() -> new ExampleStream(pools, larger, cursor))
                    .isInstanceOf(IllegalArgumentException.class);
            Cursor beyond = new Cursor(5, 0, 51, cursor.source());
            assertThatThrownBy(() -> new ExampleStream(pools, SAMPLER, beyond))
                    .hasMessageContaining("position 51 of an epoch of 50 items");
        }
    }

    @Test
    void dataWithoutAnyUsableExampleEndInsteadOfRunningForEver() throws IOException {
        try (LinePools pools = pools(50)) {
            ExampleStream stream = ExampleStream.start(pools, new GroupSampler(SamplingRules.ofSize(40)), 5);
            assertThatThrownBy(stream::next)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("none of 50 items gave an example of 40 candidates")
                    .hasMessageContaining("TOO_FEW_NEGATIVES");
        }
    }

    @Test
    void readingAheadChangesNothing() throws IOException {
        try (LinePools pools = pools(50)) {
            BatchStream plain = new BatchStream(ExampleStream.start(pools, SAMPLER, 5), 8);
            try (Prefetch ahead = Prefetch.start(new BatchStream(ExampleStream.start(pools, SAMPLER, 5), 8), 3)) {
                for (int i = 0; i < 30; i++) {
                    assertThat(ahead.next()).isEqualTo(plain.next());
                }
            }
        }
    }

    @Test
    void noMoreIsReadAheadThanAsked() throws Exception {
        try (LinePools pools = pools(50)) {
            BatchStream batches = new BatchStream(ExampleStream.start(pools, SAMPLER, 5), 2);
            AtomicInteger read = new AtomicInteger();
            try (Prefetch ahead = Prefetch.start(
                    () -> {
                        read.incrementAndGet();
                        return batches.next();
                    },
                    3)) {
                while (read.get() < 4) {
                    Thread.sleep(1);
                }
                Thread.sleep(50);
                // Three in the queue, and one that waits for a place.
                assertThat(read).hasValue(4);
                assertThat(ahead.next()).isNotNull();
            }
        }
    }

    @Test
    void aFailureComesAfterWhatWasReadBeforeIt() throws IOException {
        try (LinePools pools = pools(50)) {
            BatchStream batches = new BatchStream(ExampleStream.start(pools, SAMPLER, 5), 2);
            AtomicInteger left = new AtomicInteger(2);
            try (Prefetch ahead = Prefetch.start(
                    () -> {
                        if (left.getAndDecrement() == 0) {
                            throw new IOException("the disk is gone");
                        }
                        return batches.next();
                    },
                    5)) {
                ahead.next();
                ahead.next();
                assertThatThrownBy(ahead::next).isInstanceOf(IOException.class).hasMessage("the disk is gone");
                assertThatThrownBy(ahead::next).isInstanceOf(IllegalStateException.class);
            }
        }
    }

    @Test
    void closingWaitsForTheReader() throws Exception {
        AtomicBoolean reading = new AtomicBoolean();
        try (LinePools pools = pools(50)) {
            BatchStream batches = new BatchStream(ExampleStream.start(pools, SAMPLER, 5), 2);
            Prefetch ahead = Prefetch.start(
                    () -> {
                        reading.set(true);
                        try {
                            return batches.next();
                        } finally {
                            reading.set(false);
                        }
                    },
                    2);
            ahead.next();
            ahead.close();
            assertThat(reading).isFalse();
            ahead.close();
            assertThatThrownBy(ahead::next).isInstanceOf(IllegalStateException.class);
        }
    }
}
