package io.millrace.index.search;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Pruned top-k is the exhaustive top-k to the last bit and tie, with every kernel and format. */
class PrunedSearcherTest {
    static Stream<Arguments> kernelsAndWeights() {
        return Stream.of(new ScalarBlockKernel(), new VectorBlockKernel())
                .flatMap(kernel -> Stream.of(WeightScheme.float32(), WeightScheme.uint8(3f))
                        .map(weights -> Arguments.of(kernel, weights)));
    }

    @ParameterizedTest
    @MethodSource("kernelsAndWeights")
    void tiesAreBrokenAsByTheOracle(BlockKernel kernel, WeightScheme weights) {
        // Few terms with few weights: hundreds of documents share a score.
        for (long seed = 0; seed < 6; seed++) {
            Random random = new Random(seed);
            compare(kernel, weights, random, 1 + random.nextInt(5_000), r -> Corpora.vector(r, 40, 12));
        }
    }

    @ParameterizedTest
    @MethodSource("kernelsAndWeights")
    void realisticVectorsAreSearchedExactly(BlockKernel kernel, WeightScheme weights) {
        for (long seed = 0; seed < 4; seed++) {
            compare(kernel, weights, new Random(seed), 6_000, r -> Corpora.realistic(r, 3_000, 25));
        }
    }

    @ParameterizedTest
    @MethodSource("kernelsAndWeights")
    void termsUpToTheHighestIdAreSearchedExactly(BlockKernel kernel, WeightScheme weights) {
        for (long seed = 0; seed < 3; seed++) {
            compare(kernel, weights, new Random(seed), 5_000, r -> Corpora.hybrid(r, 20, 12));
        }
    }

    @ParameterizedTest
    @MethodSource("kernelsAndWeights")
    void weightsOfAnySizeAreSearchedExactly(BlockKernel kernel, WeightScheme weights) {
        float[] sizes = {Float.MIN_VALUE, 1e-38f, 1e-31f, 1e-20f, .7f, 1e10f, 1e30f, Float.MAX_VALUE};
        Random random = new Random(9);
        compare(kernel, weights, random, 3_000, r -> {
            int[] ids = r.ints(0, 60).distinct().limit(8).sorted().toArray();
            float[] values = new float[ids.length];
            for (int i = 0; i < ids.length; i++) {
                values[i] = sizes[r.nextInt(sizes.length)];
            }
            return new SparseVector(ids, values);
        });
    }

    private interface Vectors {
        SparseVector next(Random random);
    }

    private static void compare(
            BlockKernel kernel, WeightScheme weights, Random random, int documents, Vectors vectors) {
        List<DocumentVersion> versions = new ArrayList<>();
        for (int i = 0; i < documents; i++) {
            versions.add(
                    new DocumentVersion(i, DocumentId.of("doc-" + random.nextInt(10) + "-" + i), vectors.next(random)));
        }
        int parts = 1 + random.nextInt(3);
        List<SegmentView> views = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            int from = part * documents / parts;
            int to = (part + 1) * documents / parts;
            if (from < to) {
                views.add(segment(versions.subList(from, to), weights, random, part));
            }
        }
        SearchView view = new SearchView(weights, views);
        Searcher oracle =
                new ExhaustiveSearcher(ordinal -> versions.get((int) ordinal).vector());
        Searcher pruned = PrunedSearcher.always(kernel);
        Searcher scan = new TermAtATimeSearcher(kernel);
        for (int i = 0; i < 12; i++) {
            SparseVector query = vectors.next(random);
            for (int k : new int[] {1, 10, 100, 10_000}) {
                List<ScoredDocument> expected = oracle.search(view, query, k);
                assertThat(pruned.search(view, query, k)).isEqualTo(expected);
                List<ScoredDocument> some = pruned.search(view, query, k, Accuracy.aimingAt(0.85));
                for (int hit = 0; hit < some.size(); hit++) {
                    assertThat(some.get(hit).score())
                            .isLessThanOrEqualTo(expected.get(hit).score());
                }
                assertThat(scan.search(view, query, k)).isEqualTo(expected);
            }
        }
        views.forEach(each -> each.segment().release());
    }

    /** A durable segment in a random order, some of whose documents have died. */
    private static SegmentView segment(
            List<DocumentVersion> versions, WeightScheme weights, Random random, int number) {
        Segment built = SegmentBuilder.build(versions, weights);
        Segment durable = SegmentMerger.mergeReordered(
                List.of(SegmentView.of(built)), number + 1, (views, numbers) -> shuffled(versions.size(), random), 0);
        built.release();
        SegmentView view = SegmentView.of(durable);
        int[] dead = random.ints(versions.size() / 5, 0, versions.size()).toArray();
        return new SegmentView(durable, view.live().without(dead));
    }

    private static int[] shuffled(int documents, Random random) {
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, documents).boxed().toList());
        Collections.shuffle(order, random);
        return order.stream().mapToInt(i -> i).toArray();
    }
}
