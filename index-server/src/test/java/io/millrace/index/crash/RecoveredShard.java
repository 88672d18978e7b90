package io.millrace.index.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.batch.ShardBatch.Put;
import io.millrace.index.filter.Filter;
import io.millrace.index.filter.Metadata;
import io.millrace.index.fsck.Fsck;
import io.millrace.index.fsck.FsckReport;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.search.MapOracle;
import io.millrace.index.search.PrunedSearcher;
import io.millrace.index.search.SearchView;
import io.millrace.index.search.Searcher;
import io.millrace.index.search.TermAtATimeSearcher;
import io.millrace.index.shard.Corpora;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.Shard;
import io.millrace.index.shard.ShardFixture;
import io.millrace.index.shard.ShardSize;
import io.millrace.vector.SparseVector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/** Opens what a crash left behind and holds it against the history that was written. */
public final class RecoveredShard {
    private static final int FLUSH_DOCUMENTS = 40;
    private static final int RANDOM_QUERIES = 6;
    private static final List<Searcher> SEARCHERS = List.of(new TermAtATimeSearcher(), PrunedSearcher.create());

    private final Path directory;
    private long resent;
    private ShardSize size = new ShardSize(0, 0, 0, 0, 0, 0);

    /**
     * A shard in a data directory that no process has open.
     *
     * @param resent indices of the shard that were given to batches written a second time
     */
    RecoveredShard(Path directory, long resent) {
        this.directory = directory;
        this.resent = resent;
    }

    /**
     * Everything acknowledged is there, once; nothing deleted came back; the state is that after a whole number of
     * batches. Returns that number.
     */
    public static long verify(Path directory, OperationStream stream, long acked) {
        int inFlight = CrashPlan.steady(0).inFlight();
        return new RecoveredShard(directory, 0)
                .verify(History.of(stream), acked, inFlight)
                .batches();
    }

    /** A client that resends its last batches after a crash is told what became of them, and nothing changes. */
    public static void verifyResending(Path directory, OperationStream stream, long applied) {
        new RecoveredShard(directory, 0).verifyResending(History.of(stream).after(applied), 4);
    }

    /**
     * Holds the shard against a history, and what lies on disk against itself, before it is recovered and after.
     *
     * @param before the history at some earlier batch
     * @param acked batches acknowledged
     * @param inFlight batches that may have been on their way
     * @return the history as far as it was recovered
     */
    History verify(History before, long acked, int inFlight) {
        // What the crash left is whole before it is recovered, too, but for segments that nobody names.
        assertThat(Fsck.check(directory).findings()).isEmpty();
        History recovered;
        try (ShardFixture fixture = ShardFixture.reopen(directory, FLUSH_DOCUMENTS)) {
            long applied = fixture.shard().durableIndex() - resent;
            assertThat(applied).as("batches recovered").isBetween(acked, acked + inFlight);
            recovered = before.after(applied);
            verifyState(fixture.shard(), recovered);
            size = fixture.shard().size();
        }
        requireWhole();
        return recovered;
    }

    /** Writes the last batches once more. */
    void verifyResending(History history, int batches) {
        try (ShardFixture fixture = ShardFixture.reopen(directory, FLUSH_DOCUMENTS)) {
            long documents = fixture.shard().size().documents();
            for (long batch = Math.max(1, history.batches() - batches + 1); batch <= history.batches(); batch++) {
                List<Operation> operations = history.stream().batch(batch).operations();
                BatchOutcome outcome = fixture.shard()
                        .apply(fixture.shard().nextIndex(), history.stream().batch(batch));
                for (int i = 0; i < operations.size(); i++) {
                    assertThat(outcome.results().get(i).stamp())
                            .isEqualTo(operations.get(i).stamp());
                    // Of a bulk load nothing is remembered but which write to an id was the newest.
                    assertThat(outcome.results().get(i).applied() || OperationStream.isBulk(batch))
                            .isTrue();
                }
                resent++;
            }
            assertThat(fixture.shard().size().documents()).isEqualTo(documents);
            verifyState(fixture.shard(), history);
        }
    }

    /** Indices given to batches written a second time, so far. */
    long resent() {
        return resent;
    }

    /** Counts and sizes when it was last verified. */
    ShardSize size() {
        return size;
    }

    private void requireWhole() {
        FsckReport report = Fsck.check(directory);
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes()).isEmpty();
    }

    /** What an open shard serves is what the history says. */
    static void verifyState(Shard shard, History history) {
        try (SearchState state = shard.state()) {
            assertThat(state.view().liveDocuments()).isEqualTo(history.live().size());
            verifyDocuments(state, history.live());
            verifySearches(state, history);
        }
    }

    private static void verifyDocuments(SearchState state, Map<DocumentId, Operation> expected) {
        for (int i = 0; i < OperationStream.IDS; i++) {
            DocumentId id = DocumentId.of("doc-" + i);
            Optional<DocumentEntry> entry = state.documents().entry(id).filter(DocumentEntry::isLive);
            Operation written = expected.get(id);
            Put put = written == null ? null : written.put();
            assertThat(entry.isPresent()).as("document %s", id).isEqualTo(put != null);
            if (written != null && put != null) {
                long ordinal = entry.orElseThrow().ordinal();
                assertThat(entry.orElseThrow().stamp()).isEqualTo(written.stamp());
                assertThat(state.documents().vector(ordinal)).isEqualTo(put.vector());
                assertThat(new String(state.documents().source(ordinal), StandardCharsets.UTF_8))
                        .isEqualTo(new String(put.source(), StandardCharsets.UTF_8));
            }
        }
    }

    private static void verifySearches(SearchState state, History history) {
        Random random = new Random(history.batches());
        List<SparseVector> queries = new ArrayList<>();
        queries.add(everyTerm());
        for (int i = 0; i < RANDOM_QUERIES; i++) {
            queries.add(Corpora.vector(random, 50, 8));
        }
        Filter even = new Filter.OneOf("parity", List.of("even"));
        for (SparseVector query : queries) {
            verifySearches(state.view(), history.vectors(metadata -> true), query);
            verifySearches(
                    state.view().matching(even), history.vectors(metadata -> Metadata.matches(even, metadata)), query);
        }
    }

    private static void verifySearches(SearchView view, Map<DocumentId, SparseVector> vectors, SparseVector query) {
        for (int k : new int[] {3, 10_000}) {
            List<String> expected = MapOracle.search(vectors, query, view.weights(), k);
            for (Searcher searcher : SEARCHERS) {
                assertThat(MapOracle.named(searcher.search(view, query, k))).isEqualTo(expected);
            }
        }
    }

    private static SparseVector everyTerm() {
        int[] terms = IntStream.range(0, OperationStream.TERMS)
                .map(Corpora::term)
                .boxed()
                .sorted(Integer::compareUnsigned)
                .mapToInt(Integer::intValue)
                .toArray();
        float[] weights = new float[terms.length];
        Arrays.fill(weights, 1f);
        return new SparseVector(terms, weights);
    }
}
