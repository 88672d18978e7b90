package io.millrace.index.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.ShardBatch;
import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.batch.ShardBatch.WriterProgress;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.search.ExhaustiveSearcher;
import io.millrace.index.search.Searcher;
import io.millrace.index.search.TermAtATimeSearcher;
import io.millrace.index.store.DataDirectory;
import io.millrace.index.store.ShardStore;
import io.millrace.vector.SparseVector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writers, flushes, merges and readers at the same time, on threads of their own. */
class ConcurrentReadersTest {
    private static final int BATCHES = 250;

    @TempDir
    private Path directory;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
    private ShardWriter writer;

    @BeforeEach
    void start() {
        Path folder;
        try (DataDirectory data = DataDirectory.open(directory)) {
            folder = data.create(ShardFixture.descriptor(WeightScheme.float32()));
        }
        writer = ShardWriter.start(
                ShardStore.open(folder), ShardFixture.limits(25), threads, threads, new ShardObserver() {
                    @Override
                    public void maintenanceFailed(RuntimeException cause) {
                        failures.add(cause);
                    }
                });
    }

    @AfterEach
    void stop() {
        writer.close();
        threads.close();
        assertThat(failures).as("failed flushes and merges").isEmpty();
    }

    @Test
    void everyReaderSeesOneWholeStateWhateverHappensMeanwhile() throws Exception {
        AtomicBoolean writing = new AtomicBoolean(true);
        List<Future<Long>> readers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            long seed = i;
            readers.add(threads.submit(() -> read(seed, writing)));
        }
        Random random = new Random(5);
        List<CompletableFuture<BatchOutcome>> outcomes = new ArrayList<>();
        long sequence = 0;
        for (int i = 0; i < BATCHES; i++) {
            List<Operation> operations = new ArrayList<>();
            for (int j = 0; j < 6; j++) {
                sequence++;
                String id = "doc-" + random.nextInt(200);
                operations.add(
                        random.nextInt(3) == 0
                                ? ShardFixture.delete(sequence, sequence, id)
                                : ShardFixture.put(sequence, sequence, id, Corpora.vector(random, 30, 12)));
            }
            outcomes.add(writer.submit(
                    new ShardBatch(List.of(new WriterProgress("client", 0)), operations), Long.MAX_VALUE));
            if (i % 10 == 9) {
                // In waves, so that there are many groups, and flushes and merges between them.
                outcomes.getLast().get();
            }
        }
        for (int i = 0; i < BATCHES; i++) {
            assertThat(outcomes.get(i).get().appliedIndex()).isGreaterThanOrEqualTo(i + 1L);
        }
        writing.set(false);
        for (Future<Long> reader : readers) {
            assertThat(reader.get()).as("searches compared").isPositive();
        }
        for (int i = 0; i < 1_000 && writer.shard().size().segments() == 0; i++) {
            Thread.sleep(10);
        }
        assertThat(writer.shard().size().segments()).isPositive();
        assertThat(writer.shard().durableIndex()).isEqualTo(BATCHES);
    }

    @Test
    void batchWhoseTurnComesAfterItsDeadlineIsNotWritten() {
        ShardBatch batch = new ShardBatch(
                List.of(new WriterProgress("client", 0)),
                List.of(ShardFixture.put(1, 1, "late", ShardFixture.scoring(1f))));
        assertThatThrownBy(() -> writer.submit(batch, System.nanoTime() - 1).get())
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(TimeoutException.class);
        assertThat(writer.shard().size().documents()).isZero();
    }

    @Test
    void closedShardRefusesBatchesAndStates() {
        writer.close();
        ShardBatch batch = new ShardBatch(
                List.of(new WriterProgress("client", 0)),
                List.of(ShardFixture.put(1, 1, "late", ShardFixture.scoring(1f))));
        assertThatThrownBy(() -> writer.submit(batch, Long.MAX_VALUE).get())
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closing");
        assertThatThrownBy(() -> writer.shard().state()).hasMessageContaining("closed");
    }

    private long read(long seed, AtomicBoolean writing) {
        Random random = new Random(seed);
        Searcher searcher = new TermAtATimeSearcher();
        long compared = 0;
        long lastIndex = 0;
        while (writing.get()) {
            SparseVector query = Corpora.vector(random, 30, 8);
            try (SearchState state = writer.shard().state()) {
                assertThat(state.appliedIndex()).isGreaterThanOrEqualTo(lastIndex);
                lastIndex = state.appliedIndex();
                assertThat(searcher.search(state.view(), query, 20))
                        .isEqualTo(new ExhaustiveSearcher(state.documents()::vector).search(state.view(), query, 20));
            }
            compared++;
        }
        return compared;
    }
}
