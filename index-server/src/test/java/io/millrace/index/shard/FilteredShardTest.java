package io.millrace.index.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.filter.Filter;
import io.millrace.index.filter.Metadata;
import io.millrace.index.fsck.Fsck;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.search.ExhaustiveSearcher;
import io.millrace.index.search.PrunedSearcher;
import io.millrace.index.search.ScoredDocument;
import io.millrace.vector.SparseVector;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Filters see a document's newest metadata from its acknowledgement on, through flushes, merges and restarts. */
class FilteredShardTest {
    @TempDir
    private Path directory;

    private final Map<String, Map<String, String>> metadata = new HashMap<>();
    // Flushes and merges that have begun and not ended.
    private final Deque<Runnable> works = new ArrayDeque<>();
    private long sequence;

    static Stream<Arguments> histories() {
        return Stream.of(1L, 2L, 3L)
                .flatMap(seed -> Stream.of(WeightScheme.float32(), WeightScheme.uint8(2.5f))
                        .map(weights -> Arguments.of(seed, weights)));
    }

    @ParameterizedTest
    @MethodSource("histories")
    void filtersAreExactThroughUpdatesMergesAndRestarts(long seed, WeightScheme weights) {
        Random random = new Random(seed);
        ShardExecutors executors = new ShardExecutors(Runnable::run, works::add, works::add);
        int mostSegments = 0;
        try (ShardFixture fixture = ShardFixture.create(directory, weights, 20, executors)) {
            for (int step = 0; step < 90; step++) {
                fixture.apply(sequence, randomBatch(random));
                if (random.nextInt(3) == 0 && !works.isEmpty()) {
                    // What was written meanwhile changed its inputs.
                    works.remove().run();
                }
                mostSegments = Math.max(mostSegments, fixture.shard().size().segments());
                if (step % 10 == 9) {
                    compare(fixture, random);
                }
                if (step % 44 == 43) {
                    finishWorks();
                    fixture.restart();
                    compare(fixture, random);
                }
            }
            finishWorks();
            compare(fixture, random);
        }
        assertThat(mostSegments).as("the history flushed").isGreaterThan(3);
        assertThat(Fsck.check(directory).findings()).isEmpty();
    }

    private void finishWorks() {
        while (!works.isEmpty()) {
            works.remove().run();
        }
    }

    private List<Operation> randomBatch(Random random) {
        List<Operation> operations = new ArrayList<>();
        for (int i = random.nextInt(12); i >= 0; i--) {
            String id = "doc-" + random.nextInt(300);
            sequence++;
            if (random.nextInt(5) == 0) {
                operations.add(ShardFixture.delete(sequence, sequence, id));
                metadata.remove(id);
            } else {
                Map<String, String> fields = Metadata.random(random);
                operations.add(ShardFixture.put(sequence, sequence, id, Corpora.vector(random, 30, 12), fields));
                metadata.put(id, fields);
            }
        }
        return operations;
    }

    private void compare(ShardFixture fixture, Random random) {
        try (SearchState state = fixture.shard().state()) {
            ExhaustiveSearcher oracle = new ExhaustiveSearcher(state.documents()::vector);
            for (int i = 0; i < 10; i++) {
                SparseVector query = Corpora.vector(random, 30, 8);
                Filter filter = Metadata.filter(random, 3);
                int k = new int[] {1, 10, 1_000}[i % 3];
                List<ScoredDocument> expected = oracle.search(state.view(), query, 10_000).stream()
                        .filter(hit -> Metadata.matches(
                                filter, metadata.getOrDefault(hit.id().toString(), Map.of())))
                        .limit(k)
                        .toList();
                assertThat(PrunedSearcher.create().search(state.view().matching(filter), query, k))
                        .as("%s", filter)
                        .isEqualTo(expected);
            }
        }
    }
}
