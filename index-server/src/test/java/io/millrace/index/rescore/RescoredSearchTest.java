package io.millrace.index.rescore;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.search.Accuracy;
import io.millrace.index.search.PrunedSearcher;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.Searcher;
import io.millrace.index.shard.Corpora;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.ShardFixture;
import io.millrace.vector.SparseVector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Searches of 8-bit weights, scored again, against the dot products of what was written. */
class RescoredSearchTest {
    @TempDir
    private Path directory;

    private final Map<String, SparseVector> documents = new LinkedHashMap<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void resultsAreThoseOfFloatsToTheBit(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 700; i++) {
            documents.put("doc-" + i, Corpora.realistic(random, 60, 15));
        }
        int other = 0;
        try (ShardFixture fixture = filled(WeightScheme.uint8(largest()));
                SearchState state = fixture.shard().state()) {
            Searcher searcher = PrunedSearcher.create();
            RescoredSearch rescored = new RescoredSearch(searcher);
            for (int i = 0; i < 60; i++) {
                SparseVector query = Corpora.realistic(random, 80, 1 + i % 12);
                int k = new int[] {1, 3, 10, 100, 1_000}[i % 5];
                List<ScoredDocument> hits =
                        rescored.search(state.view(), state.documents()::vectors, query, k, Accuracy.EXACT);
                assertThat(shown(hits)).isEqualTo(expected(query, k));
                other += shown(searcher.search(state.view(), query, k)).equals(shown(hits)) ? 0 : 1;
            }
        }
        assertThat(other).as("8 bits alone would have ranked otherwise").isGreaterThan(30);
    }

    @Test
    void documentsThatCannotBeToldApartAreNotAllRead() {
        for (int i = 0; i < 5_000; i++) {
            documents.put(String.format("doc-%04d", i), new SparseVector(new int[] {1}, new float[] {1f + i * 1e-7f}));
        }
        try (ShardFixture fixture = filled(WeightScheme.uint8(2f));
                SearchState state = fixture.shard().state()) {
            AtomicInteger read = new AtomicInteger();
            StoredVectors counting = ordinals -> {
                read.addAndGet(ordinals.length);
                return state.documents().vectors(ordinals);
            };
            List<ScoredDocument> hits = new RescoredSearch(PrunedSearcher.create())
                    .search(
                            state.view(),
                            counting,
                            new SparseVector(new int[] {1}, new float[] {1f}),
                            10,
                            Accuracy.EXACT);
            assertThat(hits).hasSize(10).isSortedAccordingTo(ScoredDocument.BEST_FIRST);
            assertThat(read.get()).isEqualTo(1_024);
        }
    }

    @Test
    void anApproximateSearchIsScoredAgainOnce() {
        Random random = new Random(5);
        for (int i = 0; i < 300; i++) {
            documents.put("doc-" + i, Corpora.realistic(random, 60, 15));
        }
        try (ShardFixture fixture = filled(WeightScheme.uint8(largest()));
                SearchState state = fixture.shard().state()) {
            AtomicInteger searches = new AtomicInteger();
            Searcher pruned = PrunedSearcher.create();
            RescoredSearch rescored = new RescoredSearch((view, query, k) -> {
                searches.incrementAndGet();
                return pruned.search(view, query, k);
            });
            SparseVector query = Corpora.realistic(random, 60, 10);
            List<ScoredDocument> hits =
                    rescored.search(state.view(), state.documents()::vectors, query, 5, Accuracy.aimingAt(.9));
            assertThat(searches.get()).isEqualTo(1);
            for (ScoredDocument hit : hits) {
                assertThat(hit.score()).isEqualTo((float) query.dot(document(hit.id())));
            }
        }
    }

    @Test
    void anEmptyQueryAndAnEmptyShardFindNothing() {
        try (ShardFixture fixture = filled(WeightScheme.uint8(2f));
                SearchState state = fixture.shard().state()) {
            RescoredSearch rescored = new RescoredSearch(PrunedSearcher.create());
            for (SparseVector query : List.of(SparseVector.EMPTY, new SparseVector(new int[] {1}, new float[] {1f}))) {
                assertThat(rescored.search(state.view(), state.documents()::vectors, query, 10, Accuracy.EXACT))
                        .isEmpty();
            }
        }
    }

    private SparseVector document(DocumentId id) {
        return documents.getOrDefault(id.toString(), SparseVector.EMPTY);
    }

    private float largest() {
        float largest = 0;
        for (SparseVector vector : documents.values()) {
            for (float weight : vector.weights()) {
                largest = Math.max(largest, weight);
            }
        }
        return largest;
    }

    private ShardFixture filled(WeightScheme weights) {
        ShardFixture fixture = ShardFixture.create(directory, weights, 200);
        List<Operation> operations = new ArrayList<>();
        long sequence = 0;
        for (Map.Entry<String, SparseVector> document : documents.entrySet()) {
            sequence++;
            operations.add(ShardFixture.put(sequence, sequence, document.getKey(), document.getValue()));
            if (operations.size() == 100) {
                fixture.apply(sequence, operations);
                operations = new ArrayList<>();
            }
        }
        return fixture;
    }

    private List<String> expected(SparseVector query, int k) {
        List<ScoredDocument> all = new ArrayList<>();
        documents.forEach((id, vector) -> all.add(new ScoredDocument(DocumentId.of(id), (float) query.dot(vector), 0)));
        all.removeIf(hit -> hit.score() <= 0f);
        all.sort(ScoredDocument.BEST_FIRST);
        return shown(all.subList(0, Math.min(k, all.size())));
    }

    private static List<String> shown(List<ScoredDocument> hits) {
        return hits.stream().map(hit -> hit.id() + " " + hit.score()).toList();
    }
}
