package io.millrace.index.shard;

import static io.millrace.index.shard.ShardFixture.delete;
import static io.millrace.index.shard.ShardFixture.put;
import static io.millrace.index.shard.ShardFixture.scoring;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.BatchOutcome.Result;
import io.millrace.index.batch.IndexedBatch;
import io.millrace.index.batch.ShardBatch;
import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.batch.ShardBatch.WriterProgress;
import io.millrace.index.codec.SessionRecord;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.Stamp;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.search.TermAtATimeSearcher;
import io.millrace.index.store.ShardStore;
import io.millrace.vector.SparseVector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one apply does to the logical state. */
class ShardApplyTest {
    @TempDir
    private Path directory;

    @Test
    void newerStampWinsWhateverTheOrderOfArrival() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 1_000)) {
            fixture.apply(put(1, 20, "a", scoring(2f)));
            BatchOutcome late = fixture.apply(put(2, 10, "a", scoring(9f)));
            assertThat(late.results()).containsExactly(new Result(false, new Stamp(10, 0)));
            assertThat(score(fixture, "a")).isEqualTo(2f);
            assertThat(fixture.apply(put(3, 30, "a", scoring(3f)))
                            .results()
                            .getFirst()
                            .applied())
                    .isTrue();
            assertThat(score(fixture, "a")).isEqualTo(3f);
        }
    }

    @Test
    void stampsCompareUnsignedByTimeThenCoordinator() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 1_000)) {
            Operation high = new Operation(
                    0, 1, new Stamp(-1, 0), DocumentId.of("a"), new ShardBatch.Put(new byte[0], scoring(1f)));
            fixture.apply(high);
            assertThat(fixture.apply(put(2, Long.MAX_VALUE, "a", scoring(2f)))
                            .results()
                            .getFirst()
                            .applied())
                    .as("2^64 - 1 is newer than 2^63 - 1")
                    .isFalse();
            Operation tie = new Operation(
                    0, 3, new Stamp(-1, -1), DocumentId.of("a"), new ShardBatch.Put(new byte[0], scoring(3f)));
            assertThat(fixture.apply(tie).results().getFirst().applied()).isTrue();
            assertThat(score(fixture, "a")).isEqualTo(3f);
        }
    }

    @Test
    void tombstoneKeepsAnOlderPutFromComingBackEvenAfterAFlushAndARestart() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 2)) {
            fixture.apply(put(1, 10, "a", scoring(1f)), put(2, 10, "b", scoring(2f)), put(3, 10, "c", scoring(3f)));
            fixture.apply(delete(4, 20, "a"), delete(5, 20, "never-written"));
            fixture.restart();
            BatchOutcome outcome =
                    fixture.apply(put(6, 15, "a", scoring(9f)), put(7, 15, "never-written", scoring(9f)));
            assertThat(outcome.results()).extracting(Result::applied).containsExactly(false, false);
            assertThat(fixture.found()).containsExactly("c", "b");
            fixture.apply(put(8, 21, "a", scoring(9f)));
            assertThat(fixture.found()).containsExactly("a", "c", "b");
        }
    }

    @Test
    void repeatedSequenceReturnsItsFirstOutcome() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 1_000)) {
            fixture.apply(put(1, 10, "a", scoring(1f)));
            fixture.apply(put(2, 5, "a", scoring(2f)));
            fixture.restart();
            BatchOutcome again = fixture.apply(put(1, 30, "a", scoring(7f)), put(2, 30, "a", scoring(8f)));
            assertThat(again.results())
                    .containsExactly(new Result(true, new Stamp(10, 0)), new Result(false, new Stamp(5, 0)));
            assertThat(score(fixture, "a")).isEqualTo(1f);
        }
    }

    @Test
    void sequenceKnownToBeAcknowledgedIsForgottenAndStillChangesNothing() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 1_000)) {
            fixture.apply(put(1, 10, "a", scoring(1f)));
            fixture.apply(2, List.of(put(2, 11, "b", scoring(1f))));
            assertThat(outcomes(fixture))
                    .extracting(SessionRecord.Outcome::sequence)
                    .containsExactly(2L);
            BatchOutcome late = fixture.apply(put(1, 99, "a", scoring(7f)));
            assertThat(late.results().getFirst().applied()).isFalse();
            assertThat(score(fixture, "a")).isEqualTo(1f);
        }
    }

    @Test
    void sameSequenceOfAnotherClientIsAnotherWrite() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 1_000)) {
            fixture.apply(put(1, 10, "a", scoring(1f)));
            Operation other = put(1, 20, "a", scoring(2f));
            fixture.shard()
                    .apply(
                            fixture.shard().nextIndex(),
                            new ShardBatch(List.of(new WriterProgress("other", 0)), List.of(other)));
            assertThat(score(fixture, "a")).isEqualTo(2f);
        }
    }

    @Test
    void indexAppliedBeforeChangesNothingWhenReplayed() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 3)) {
            List<ShardBatch> history = new ArrayList<>();
            for (int i = 1; i <= 12; i++) {
                Operation operation = i % 4 == 0 ? delete(i, i, "d" + i / 2) : put(i, i, "d" + i, scoring(i));
                history.add(new ShardBatch(
                        List.of(new WriterProgress("client", Math.max(0, i - 2))), List.of(operation)));
                fixture.shard().apply(i, history.getLast());
            }
            List<String> found = fixture.found();
            List<SessionRecord> sessions = fixture.shard().store().sessions();
            for (int i = 1; i <= 12; i++) {
                BatchOutcome replayed = fixture.shard().apply(i, history.get(i - 1));
                assertThat(replayed.appliedIndex()).isEqualTo(12);
            }
            assertThat(fixture.shard().apply(12, history.get(11)).results().getFirst())
                    .isEqualTo(new Result(true, new Stamp(12, 0)));
            assertThat(fixture.found()).isEqualTo(found);
            assertThat(fixture.shard().store().sessions()).isEqualTo(sessions);
        }
    }

    @Test
    void laterOperationsOfABatchSeeEarlierOnes() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 1_000)) {
            BatchOutcome outcome = fixture.apply(
                    put(1, 10, "a", scoring(1f)),
                    put(2, 11, "a", scoring(2f)),
                    put(3, 5, "a", scoring(9f)),
                    put(4, 12, "b", scoring(1f)),
                    delete(5, 13, "b"),
                    put(1, 14, "a", scoring(9f)));
            assertThat(outcome.results())
                    .extracting(Result::applied)
                    .containsExactly(true, true, false, true, true, true);
            assertThat(fixture.found()).containsExactly("a");
            assertThat(score(fixture, "a")).isEqualTo(2f);
            assertThat(fixture.shard().size().documents()).isEqualTo(1);
            fixture.restart();
            assertThat(fixture.found()).containsExactly("a");
        }
    }

    @Test
    void logicalStateDoesNotDependOnGroupingFlushesOrRestarts() {
        List<ShardBatch> history = history(77, 60);
        try (ShardFixture one = ShardFixture.create(directory.resolve("one"), WeightScheme.uint8(2f), 10_000);
                ShardFixture two = ShardFixture.create(directory.resolve("two"), WeightScheme.uint8(2f), 15)) {
            for (int i = 0; i < history.size(); i++) {
                one.shard().apply(i + 1, history.get(i));
            }
            for (int i = 0; i < history.size(); i += 5) {
                List<IndexedBatch> group = new ArrayList<>();
                for (int j = i; j < i + 5; j++) {
                    group.add(new IndexedBatch(j + 1, history.get(j)));
                }
                two.shard().apply(group);
                if (i % 20 == 0) {
                    two.restart();
                }
            }
            assertThat(two.shard().size().segments()).isPositive();
            assertThat(two.shard().store().counters())
                    .isEqualTo(one.shard().store().counters());
            assertThat(two.shard().store().sessions())
                    .isEqualTo(one.shard().store().sessions());
            assertThat(entries(two)).isEqualTo(entries(one)).isNotEmpty();
        }
    }

    @Test
    void diskBelowItsReserveRefusesWritesAndReadsGoOn() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 1_000)) {
            fixture.apply(put(1, 10, "a", scoring(1f)));
        }
        Path folder = directory.resolve("shards/books.1.0");
        ShardLimits greedy = new ShardLimits(1_000, 1_000_000, 1_000_000, Long.MAX_VALUE);
        try (Shard shard = Shard.open(ShardStore.open(folder), greedy, ShardExecutors.direct(), ShardObserver.NONE)) {
            ShardBatch batch =
                    new ShardBatch(List.of(new WriterProgress("client", 0)), List.of(put(2, 11, "b", scoring(1f))));
            assertThatThrownBy(() -> shard.apply(shard.nextIndex(), batch))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.NO_SPACE))
                    .hasMessageContaining("MiB left");
            assertThat(shard.store().failure()).as("it may be tried again").isNull();
            assertThat(shard.size().documents()).isEqualTo(1);
        }
    }

    @Test
    void documentsWithoutAnyTermAreStoredFlushedAndMerged() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 1)) {
            for (int i = 1; i <= 20; i++) {
                fixture.apply(put(i, i, "doc-" + i, SparseVector.EMPTY));
            }
            fixture.restart();
            assertThat(fixture.shard().size().documents()).isEqualTo(20);
            assertThat(fixture.shard().size().segments()).isBetween(1, 15);
            assertThat(fixture.found()).isEmpty();
        }
    }

    private static List<ShardBatch> history(long seed, int batches) {
        Random random = new Random(seed);
        List<ShardBatch> history = new ArrayList<>();
        for (int i = 0; i < batches; i++) {
            List<Operation> operations = new ArrayList<>();
            for (int j = 0; j < 1 + random.nextInt(6); j++) {
                long sequence = random.nextLong(6L * i + 6) + 1;
                long time = random.nextLong(1_000) + 1;
                String id = "doc-" + random.nextInt(40);
                operations.add(
                        random.nextInt(4) == 0
                                ? delete(sequence, time, id)
                                : put(sequence, time, id, Corpora.vector(random, 20, 10)));
            }
            history.add(new ShardBatch(List.of(new WriterProgress("client-" + i % 3, i)), operations));
        }
        return history;
    }

    private static List<String> entries(ShardFixture fixture) {
        List<String> entries = new ArrayList<>();
        try (SearchState state = fixture.shard().state()) {
            for (int i = 0; i < 40; i++) {
                state.documents()
                        .entry(DocumentId.of("doc-" + i))
                        .map(DocumentEntry::toString)
                        .ifPresent(entries::add);
            }
        }
        return entries;
    }

    private static List<SessionRecord.Outcome> outcomes(ShardFixture fixture) {
        return fixture.shard().store().sessions().stream()
                .filter(SessionRecord.Outcome.class::isInstance)
                .map(SessionRecord.Outcome.class::cast)
                .toList();
    }

    private static float score(ShardFixture fixture, String id) {
        try (SearchState state = fixture.shard().state()) {
            return new TermAtATimeSearcher()
                    .search(state.view(), ShardFixture.query(), 100).stream()
                            .filter(hit -> hit.id().toString().equals(id))
                            .findFirst()
                            .orElseThrow()
                            .score();
        }
    }
}
