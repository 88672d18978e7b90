package io.millrace.index.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.BatchOutcome.Result;
import io.millrace.index.batch.ShardBatch;
import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.batch.ShardBatch.WriterProgress;
import io.millrace.index.fsck.Fsck;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.Stamp;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.TermAtATimeSearcher;
import io.millrace.index.store.DataDirectory;
import io.millrace.index.store.ShardStore;
import io.millrace.vector.SparseVector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches without writers, as bulk loads send them. */
class BulkBatchTest {
    private static final int IDS = 60;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void whatIsLoadedInBulkIsWhatIsWrittenOneByOne(long seed) {
        Random random = new Random(seed);
        List<Operation> history = history(random, 700);
        Path bulkDirectory = directory.resolve("bulk");
        try (ShardFixture single = ShardFixture.create(directory.resolve("single"), WeightScheme.uint8(2f), 50);
                ShardFixture bulk = ShardFixture.create(bulkDirectory, WeightScheme.uint8(2f), 5)) {
            for (Operation operation : history) {
                single.apply(operation);
            }
            int from = 0;
            while (from < history.size()) {
                int to = Math.min(history.size(), from + 1 + random.nextInt(90));
                bulk.shard().apply(bulk.shard().nextIndex(), bulk(history.subList(from, to)));
                from = to;
                if (random.nextInt(4) == 0) {
                    bulk.restart();
                }
            }
            assertThat(bulk.shard().size().segments()).as("flushed, too").isPositive();
            assertSame(bulk, single);
            assertThat(bulk.shard().store().sessions()).isEmpty();
            assertThat(bulk.shard().store().counters().nextOrdinal())
                    .isEqualTo(single.shard().store().counters().nextOrdinal());

            long ordinals = bulk.shard().store().counters().nextOrdinal();
            bulk.shard().apply(bulk.shard().nextIndex(), bulk(history));
            assertThat(bulk.shard().store().counters().nextOrdinal())
                    .as("sent again, it stores nothing")
                    .isEqualTo(ordinals);
            assertSame(bulk, single);
        }
        assertThat(Fsck.check(bulkDirectory).findings()).isEmpty();
    }

    @Test
    void sentAgainItSaysOfEachOperationWhetherItIsOnRecord() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 1_000)) {
            ShardBatch batch = bulk(List.of(
                    ShardFixture.put(0, 10, "a", ShardFixture.scoring(1f)),
                    ShardFixture.put(0, 10, "b", ShardFixture.scoring(2f)),
                    ShardFixture.delete(0, 10, "c")));
            BatchOutcome first = fixture.shard().apply(1, batch);
            assertThat(first.results()).extracting(Result::applied).containsOnly(true);
            fixture.shard()
                    .apply(
                            2,
                            new ShardBatch(
                                    List.of(new WriterProgress("client", 0)),
                                    List.of(ShardFixture.put(1, 20, "b", ShardFixture.scoring(3f)))));
            assertThat(fixture.shard().apply(3, batch).results())
                    .containsExactly(
                            new Result(true, new Stamp(10, 0)),
                            new Result(false, new Stamp(10, 0)),
                            new Result(true, new Stamp(10, 0)));
            assertThat(fixture.shard().apply(1, batch).results())
                    .as("an index that was applied before")
                    .extracting(Result::applied)
                    .containsExactly(true, false, true);
        }
    }

    @Test
    void loadFillsTheBufferFurtherThanOtherWritesDo() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 10)) {
            load(fixture, 0, 39);
            assertThat(fixture.shard().size().segments()).isZero();
            load(fixture, 39, 40);
            assertThat(fixture.shard().size().segments()).isEqualTo(1);
            load(fixture, 40, 55);
            fixture.apply(ShardFixture.put(1, 1, "ordinary", ShardFixture.scoring(1f)));
            assertThat(fixture.shard().size().segments()).isEqualTo(2);
            assertThat(fixture.shard().size().bufferedDocuments()).isZero();
        }
    }

    @Test
    @Timeout(60)
    void whatALoadLeavesInTheBufferIsFlushedWhenItIsQuiet() throws Exception {
        Path folder;
        try (DataDirectory data = DataDirectory.open(directory)) {
            folder = data.create(ShardFixture.descriptor(WeightScheme.float32()));
        }
        try (ExecutorService background = Executors.newSingleThreadExecutor();
                ShardWriter writer = ShardWriter.start(
                        ShardStore.open(folder),
                        ShardFixture.limits(10),
                        background,
                        background,
                        ShardFixture.STRICT)) {
            writer.submit(documents(0, 25), Long.MAX_VALUE).join();
            assertThat(writer.maintaining().join()).isTrue();
            while (writer.maintaining().join()) {
                Thread.sleep(5);
            }
            assertThat(writer.shard().size().bufferedDocuments()).isZero();
            assertThat(writer.shard().size().segments()).isEqualTo(1);
        }
    }

    @Test
    void operationsHaveAWriterWhereTheBatchHasWritersAndNoneWhereItHasNone() {
        Operation numbered = ShardFixture.put(1, 1, "a", ShardFixture.scoring(1f));
        assertThatThrownBy(() -> new ShardBatch(List.of(), List.of(numbered)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("names writer 0 but the batch has 0");
        ShardBatch bulk = bulk(List.of(numbered));
        assertThatThrownBy(() -> new ShardBatch(List.of(new WriterProgress("client", 0)), bulk.operations()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the batch has 1");
    }

    private static void load(ShardFixture fixture, int from, int to) {
        fixture.shard().apply(fixture.shard().nextIndex(), documents(from, to));
    }

    private static ShardBatch documents(int from, int to) {
        return bulk(IntStream.range(from, to)
                .mapToObj(i -> ShardFixture.put(0, i + 1L, "doc-" + i, ShardFixture.scoring(1f)))
                .toList());
    }

    private static ShardBatch bulk(List<Operation> operations) {
        return new ShardBatch(
                List.of(),
                operations.stream()
                        .map(operation -> new Operation(
                                ShardBatch.NO_WRITER, 0, operation.stamp(), operation.id(), operation.put()))
                        .toList());
    }

    private static List<Operation> history(Random random, int operations) {
        List<Operation> history = new ArrayList<>();
        for (int i = 1; i <= operations; i++) {
            long time = random.nextLong(1_000) + 1;
            String id = "doc-" + random.nextInt(IDS);
            history.add(
                    random.nextInt(4) == 0
                            ? ShardFixture.delete(i, time, id)
                            : ShardFixture.put(i, time, id, Corpora.vector(random, 20, 10)));
        }
        return history;
    }

    private static void assertSame(ShardFixture actual, ShardFixture expected) {
        assertThat(contents(actual)).isEqualTo(contents(expected)).isNotEmpty();
        try (SearchState here = actual.shard().state();
                SearchState there = expected.shard().state()) {
            SparseVector query = new SparseVector(
                    new int[] {Corpora.term(0), Corpora.term(2), Corpora.term(4)}, new float[] {1f, 2f, 3f});
            List<ScoredDocument> hits = new TermAtATimeSearcher().search(there.view(), query, IDS);
            assertThat(hits).isNotEmpty();
            assertThat(new TermAtATimeSearcher().search(here.view(), query, IDS))
                    .isEqualTo(hits);
        }
    }

    /** Of each id its stamp, and if it is live its source and vector. */
    private static List<String> contents(ShardFixture fixture) {
        List<String> contents = new ArrayList<>();
        try (SearchState state = fixture.shard().state()) {
            for (int i = 0; i < IDS; i++) {
                DocumentEntry entry =
                        state.documents().entry(DocumentId.of("doc-" + i)).orElseThrow();
                contents.add(entry.stamp()
                        + (entry.isLive()
                                ? " " + new String(state.documents().source(entry.ordinal()), StandardCharsets.UTF_8)
                                        + " "
                                        + state.documents().vector(entry.ordinal())
                                : " deleted"));
            }
        }
        return contents;
    }
}
