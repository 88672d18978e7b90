package io.millrace.index.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.ShardBatch;
import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.filter.Filter;
import io.millrace.index.filter.Metadata;
import io.millrace.index.fsck.Fsck;
import io.millrace.index.fsck.FsckReport;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.search.ExhaustiveSearcher;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.TermAtATimeSearcher;
import io.millrace.index.shard.Corpora;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.ShardFixture;
import io.millrace.vector.SparseVector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Opens what a crash left behind and holds it against the history that was written. */
public final class RecoveredShard {
    private RecoveredShard() {}

    /**
     * Everything acknowledged is there, once; nothing deleted came back; the state is that after a whole number of
     * batches. Returns that number.
     */
    public static long verify(Path directory, OperationStream stream, long acked) {
        // What the crash left is whole before it is recovered, too, but for segments that nobody names.
        assertThat(Fsck.check(directory).findings()).isEmpty();
        long applied = recover(directory, stream, acked);
        FsckReport recovered = Fsck.check(directory);
        assertThat(recovered.findings()).isEmpty();
        assertThat(recovered.notes()).isEmpty();
        return applied;
    }

    private static long recover(Path directory, OperationStream stream, long acked) {
        try (ShardFixture fixture = ShardFixture.reopen(directory, CrashWriter.FLUSH_DOCUMENTS)) {
            long applied = fixture.shard().durableIndex();
            assertThat(applied).as("index recovered").isBetween(acked, acked + CrashWriter.IN_FLIGHT);
            Map<DocumentId, Operation> expected = stream.stateAfter(applied);
            try (SearchState state = fixture.shard().state()) {
                verifyDocuments(state, expected);
                verifySearch(state, expected);
            }
            return applied;
        }
    }

    /** A client that resends its last batches after a crash is told what became of them, and nothing changes. */
    public static void verifyResending(Path directory, OperationStream stream, long applied, boolean bulk) {
        try (ShardFixture fixture = ShardFixture.reopen(directory, CrashWriter.FLUSH_DOCUMENTS)) {
            long documents = fixture.shard().size().documents();
            for (long index = Math.max(1, applied - 3); index <= applied; index++) {
                ShardBatch again = bulk ? stream.bulkBatch(index) : stream.batch(index);
                BatchOutcome outcome = fixture.shard().apply(fixture.shard().nextIndex(), again);
                for (int i = 0; i < again.operations().size(); i++) {
                    assertThat(outcome.results().get(i).stamp())
                            .isEqualTo(again.operations().get(i).stamp());
                    // Of a bulk load nothing is remembered but which write to an id was the newest.
                    assertThat(outcome.results().get(i).applied() || bulk).isTrue();
                }
            }
            assertThat(fixture.shard().size().documents()).isEqualTo(documents);
            try (SearchState state = fixture.shard().state()) {
                verifyDocuments(state, stream.stateAfter(applied));
            }
        }
    }

    private static void verifyDocuments(SearchState state, Map<DocumentId, Operation> expected) {
        for (int i = 0; i < OperationStream.IDS; i++) {
            DocumentId id = DocumentId.of("doc-" + i);
            Optional<DocumentEntry> entry = state.documents().entry(id).filter(DocumentEntry::isLive);
            Operation written = expected.get(id);
            assertThat(entry.isPresent()).as("document %s", id).isEqualTo(written != null);
            if (written != null && written.put() != null) {
                long ordinal = entry.orElseThrow().ordinal();
                assertThat(entry.orElseThrow().stamp()).isEqualTo(written.stamp());
                assertThat(state.documents().vector(ordinal))
                        .isEqualTo(written.put().vector());
                assertThat(new String(state.documents().source(ordinal), StandardCharsets.UTF_8))
                        .isEqualTo(new String(written.put().source(), StandardCharsets.UTF_8));
            }
        }
    }

    private static void verifySearch(SearchState state, Map<DocumentId, Operation> expected) {
        SparseVector everything = everyTerm();
        List<ScoredDocument> hits = new TermAtATimeSearcher().search(state.view(), everything, 10_000);
        assertThat(hits)
                .isEqualTo(new ExhaustiveSearcher(state.documents()::vector).search(state.view(), everything, 10_000));
        List<DocumentId> found = hits.stream().map(ScoredDocument::id).sorted().toList();
        List<DocumentId> findable = expected.values().stream()
                .filter(operation ->
                        operation.put() != null && !operation.put().vector().isEmpty())
                .map(Operation::id)
                .toList();
        assertThat(found).as("each once").isEqualTo(List.copyOf(new TreeSet<>(found)));
        assertThat(found).isEqualTo(findable);
        Filter even = new Filter.OneOf("parity", List.of("even"));
        assertThat(new TermAtATimeSearcher().search(state.view().matching(even), everything, 10_000))
                .as("metadata came back with the documents")
                .isEqualTo(hits.stream()
                        .filter(hit -> Metadata.matches(even, metadata(expected, hit)))
                        .toList());
    }

    private static Map<String, String> metadata(Map<DocumentId, Operation> state, ScoredDocument hit) {
        Operation operation = state.get(hit.id());
        return operation == null || operation.put() == null
                ? Map.of()
                : operation.put().metadata();
    }

    private static SparseVector everyTerm() {
        int[] terms = IntStream.range(0, 40)
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
