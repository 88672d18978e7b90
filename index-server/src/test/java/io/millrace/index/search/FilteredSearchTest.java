package io.millrace.index.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.filter.Filter;
import io.millrace.index.filter.Metadata;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentBuilder;
import io.millrace.index.segment.SegmentMerger;
import io.millrace.index.segment.SegmentView;
import io.millrace.index.shard.Corpora;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is found under a filter is the whole ranking less what does not match, with every searcher, kernel and format. */
class FilteredSearchTest {
    private static final int DOCUMENTS = 5_000;

    @ParameterizedTest
    @MethodSource("io.millrace.index.search.PrunedSearcherTest#kernelsAndWeights")
    void randomFiltersAreExact(BlockKernel kernel, WeightScheme weights) {
        for (long seed = 0; seed < 3; seed++) {
            Random random = new Random(seed);
            List<Filter> filters = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                filters.add(Metadata.filter(random, 3));
            }
            compare(kernel, weights, random, filters);
        }
    }

    @ParameterizedTest
    @MethodSource("io.millrace.index.search.PrunedSearcherTest#kernelsAndWeights")
    void anyShareOfDocumentsIsFoundExactly(BlockKernel kernel, WeightScheme weights) {
        List<Filter> filters = new ArrayList<>();
        for (double share : new double[] {0, 1, 3, 40, 400, 2_500, DOCUMENTS}) {
            filters.add(new Filter.Numbers("number", 0, false, share, true));
        }
        // Neighbours in the order that the segment has: whole chunks without a match.
        filters.add(new Filter.Numbers("place", 1_500, false, 1_540, true));
        filters.add(new Filter.Not(new Filter.Numbers("place", 100, false, 4_990, true)));
        compare(kernel, weights, new Random(11), filters);
    }

    private static void compare(BlockKernel kernel, WeightScheme weights, Random random, List<Filter> filters) {
        List<Integer> numbers = shuffled(DOCUMENTS, random);
        List<Integer> order = shuffled(DOCUMENTS, random);
        List<Map<String, String>> metadata = new ArrayList<>();
        List<DocumentVersion> versions = new ArrayList<>();
        for (int i = 0; i < DOCUMENTS; i++) {
            Map<String, String> fields = new HashMap<>(Metadata.random(random));
            fields.put("number", numbers.get(i).toString());
            fields.put("place", Integer.toString(order.indexOf(i)));
            metadata.add(fields);
            SparseVector vector =
                    random.nextBoolean() ? Corpora.vector(random, 40, 12) : Corpora.realistic(random, 300, 20);
            versions.add(new DocumentVersion(i, DocumentId.of("doc-" + i), vector, fields));
        }
        SearchView view = new SearchView(weights, List.of(segment(versions, order, weights, random)));
        Searcher oracle =
                new ExhaustiveSearcher(ordinal -> versions.get((int) ordinal).vector());
        for (int i = 0; i < 4; i++) {
            SparseVector query = i % 2 == 0 ? Corpora.vector(random, 40, 12) : Corpora.realistic(random, 300, 8);
            List<ScoredDocument> all = oracle.search(view, query, 10_000);
            for (Filter filter : filters) {
                SearchView matching = view.matching(filter);
                List<ScoredDocument> expected = all.stream()
                        .filter(hit -> Metadata.matches(filter, metadata.get((int) hit.ordinal())))
                        .toList();
                for (int k : new int[] {1, 10, 100, 10_000}) {
                    List<ScoredDocument> best = expected.subList(0, Math.min(k, expected.size()));
                    assertThat(PrunedSearcher.always(kernel).search(matching, query, k))
                            .as("%s", filter)
                            .isEqualTo(best);
                    assertThat(new TermAtATimeSearcher().search(matching, query, k))
                            .isEqualTo(best);
                    assertThat(oracle.search(matching, query, k)).isEqualTo(best);
                }
            }
        }
        view.segments().forEach(each -> each.segment().release());
    }

    /** A durable segment in this order, some of whose documents have died. */
    private static SegmentView segment(
            List<DocumentVersion> versions, List<Integer> order, WeightScheme weights, Random random) {
        Segment built = SegmentBuilder.build(versions, weights);
        int[] documents = order.stream().mapToInt(i -> i).toArray();
        Segment durable =
                SegmentMerger.mergeReordered(List.of(SegmentView.of(built)), 1, (views, numbers) -> documents, 0);
        built.release();
        int[] dead = random.ints(versions.size() / 10, 0, versions.size()).toArray();
        return new SegmentView(durable, SegmentView.of(durable).live().without(dead));
    }

    private static List<Integer> shuffled(int count, Random random) {
        List<Integer> numbers =
                new ArrayList<>(IntStream.range(0, count).boxed().toList());
        Collections.shuffle(numbers, random);
        return numbers;
    }
}
