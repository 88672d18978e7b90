package io.millrace.index.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.Corpora;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.ShardFixture;
import io.millrace.vector.SparseVector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random histories of puts, replacements and deletes, cut by flushes, merges and restarts: after every few batches the
 * production searcher, the exhaustive searcher and a plain map of what should be there must agree to the bit.
 */
class SearcherEqualsOracleTest {
    @TempDir
    private Path directory;

    private final Map<DocumentId, SparseVector> expected = new HashMap<>();
    private long sequence;

    static Stream<Arguments> histories() {
        List<Arguments> all = new ArrayList<>();
        for (long seed = 1; seed <= 4; seed++) {
            all.add(Arguments.of(seed, WeightScheme.float32()));
            // The scale is below the largest weight: some are clipped.
            all.add(Arguments.of(seed, WeightScheme.uint8(2.5f)));
        }
        return all.stream();
    }

    @ParameterizedTest(name = "seed {0}, {1}")
    @MethodSource("histories")
    void searcherAndOracleAgreeThroughFlushesMergesAndRestarts(long seed, WeightScheme weights) {
        Random random = new Random(seed);
        int mostSegments = 0;
        int mergesSeen = 0;
        try (ShardFixture fixture = ShardFixture.create(directory, weights, 20)) {
            for (int step = 0; step < 96; step++) {
                int before = fixture.shard().size().segments();
                fixture.apply(sequence, randomBatch(random));
                int after = fixture.shard().size().segments();
                mostSegments = Math.max(mostSegments, after);
                mergesSeen += after < before ? 1 : 0;
                if (step % 10 == 9) {
                    compare(fixture, weights, random);
                }
                if (step % 47 == 46) {
                    fixture.restart();
                    compare(fixture, weights, random);
                }
            }
        }
        assertThat(mostSegments).as("the history flushed").isGreaterThan(3);
        assertThat(mergesSeen).as("the history merged").isPositive();
    }

    private List<Operation> randomBatch(Random random) {
        List<Operation> operations = new ArrayList<>();
        int size = 1 + random.nextInt(12);
        for (int i = 0; i < size; i++) {
            String id = "doc-" + random.nextInt(300);
            sequence++;
            if (random.nextInt(4) == 0) {
                operations.add(ShardFixture.delete(sequence, sequence, id));
                expected.remove(DocumentId.of(id));
            } else {
                SparseVector vector = Corpora.vector(random, 30, 12);
                operations.add(ShardFixture.put(sequence, sequence, id, vector));
                expected.put(DocumentId.of(id), vector);
            }
        }
        return operations;
    }

    private void compare(ShardFixture fixture, WeightScheme weights, Random random) {
        Searcher searcher = new TermAtATimeSearcher();
        try (SearchState state = fixture.shard().state()) {
            assertThat(state.view().liveDocuments()).isEqualTo(expected.size());
            Searcher oracle = new ExhaustiveSearcher(state.documents()::vector);
            for (int i = 0; i < 12; i++) {
                // Half of the vocabulary of queries is unknown to documents.
                SparseVector query = Corpora.vector(random, 60, 8);
                int k = new int[] {1, 3, 10, 1_000}[i % 4];
                List<ScoredDocument> hits = searcher.search(state.view(), query, k);
                assertThat(hits).isEqualTo(oracle.search(state.view(), query, k));
                assertThat(MapOracle.named(hits)).isEqualTo(MapOracle.search(expected, query, weights, k));
            }
            assertThat(searcher.search(state.view(), SparseVector.EMPTY, 10)).isEmpty();
            for (int n = 0; n < 40; n++) {
                int term = Corpora.term(n);
                assertThat(state.view().segments().stream()
                                .mapToInt(segment -> segment.documentsWith(term))
                                .sum())
                        .as("documents with term %s", n)
                        .isEqualTo((int) expected.values().stream()
                                .filter(vector -> vector.weight(term) > 0)
                                .count());
            }
        }
    }
}
