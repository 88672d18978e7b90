package io.millrace.index.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GraphBisectionTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 15, 16, 17, 32, 33, 48, 100, 1000, 4097})
    void everyDocumentHasOnePosition(int documents) {
        Random random = new Random(documents);
        for (int blockSize : new int[] {1, 3, 16, 5000}) {
            ForwardTerms forward = clustered(documents, 7, 6, random).forward();
            assertPermutation(order(forward, blockSize, 2), documents);
        }
    }

    @Test
    void theOrderDoesNotDependOnTheThreads() {
        // Enough documents for gains to be shared among threads.
        ForwardTerms forward = clustered(40_000, 300, 6, new Random(5)).forward();
        int[] alone = order(forward, 16, 1);
        assertThat(order(forward, 16, 2)).isEqualTo(alone);
        assertThat(order(forward, 16, 4)).isEqualTo(alone);
        assertPermutation(alone, 40_000);
    }

    @Test
    void documentsOfOneClusterBecomeNeighbours() {
        Corpus corpus = clustered(8_000, 40, 6, new Random(6));
        int[] order = order(corpus.forward(), 16, 2);
        assertThat(strangers(identity(8_000), corpus)).isGreaterThan(7_000);
        assertThat(strangers(order, corpus)).isLessThan(700);
        assertThat(gapBits(order, corpus.forward()))
                .as("against the order they came in")
                .isLessThan(0.6 * gapBits(identity(8_000), corpus.forward()));
    }

    @Test
    void blocksDoNotStraddleClustersOfTheirSize() {
        // 100 clusters of exactly one block: halves of equal size would cut blocks apart.
        Corpus corpus = clustered(1_600, 100, 12, new Random(7));
        int[] order = order(corpus.forward(), 16, 1);
        int pure = 0;
        for (int block = 0; block < 100; block++) {
            int first = corpus.clusters()[order[16 * block]];
            pure += IntStream.range(16 * block, 16 * block + 16)
                            .allMatch(position -> corpus.clusters()[order[position]] == first)
                    ? 1
                    : 0;
        }
        assertThat(pure).isGreaterThan(90);
    }

    @Test
    void documentsThatAreEqualKeepTheirOrder() {
        int[] starts =
                IntStream.rangeClosed(0, 500).map(document -> 3 * document).toArray();
        int[] terms = IntStream.range(0, 1500).map(place -> place % 3).toArray();
        assertThat(order(new ForwardTerms(starts, terms, 3), 16, 2)).isEqualTo(identity(500));
    }

    @Test
    void documentsWithoutTermsKeepTheirOrder() {
        assertThat(order(new ForwardTerms(new int[501], new int[0], 0), 16, 2)).isEqualTo(identity(500));
    }

    @Test
    void documentsWithoutTermsStandBesideThoseThatHaveSome() {
        int[] starts =
                IntStream.rangeClosed(0, 300).map(document -> document / 3).toArray();
        int[] terms = IntStream.range(0, 100).map(place -> place % 5).toArray();
        assertPermutation(order(new ForwardTerms(starts, terms, 5), 16, 2), 300);
    }

    @Test
    void aTermThatAllShareChangesNothing() {
        ForwardTerms forward = clustered(1_000, 10, 6, new Random(8)).forward();
        int documents = forward.documents();
        int[] starts = IntStream.rangeClosed(0, documents)
                .map(document -> forward.starts()[document] + document)
                .toArray();
        int[] terms = new int[starts[documents]];
        for (int document = 0; document < documents; document++) {
            int from = forward.starts()[document];
            int length = forward.starts()[document + 1] - from;
            System.arraycopy(forward.terms(), from, terms, starts[document], length);
            terms[starts[document] + length] = forward.distinctTerms();
        }
        assertThat(order(new ForwardTerms(starts, terms, forward.distinctTerms() + 1), 16, 1))
                .isEqualTo(order(forward, 16, 1));
    }

    @Test
    void cancellationEndsItWithAnException() {
        ForwardTerms forward = clustered(5_000, 10, 6, new Random(9)).forward();
        for (int asks : new int[] {0, 1, 30, 1000}) {
            AtomicInteger asked = new AtomicInteger();
            assertThatThrownBy(() -> order(forward, 16, 2, () -> asked.incrementAndGet() > asks))
                    .isInstanceOf(CancellationException.class)
                    .hasMessageContaining("5000 documents");
            // Only tasks that were about to begin, or in the middle of a round, still ask.
            assertThat(asked.get()).isLessThan(asks + 20);
        }
    }

    @Test
    void refusesBlocksOfNoDocument() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> order(new ForwardTerms(new int[1], new int[0], 0), 0, 1))
                .withMessageContaining("0");
    }

    private static int[] order(ForwardTerms forward, int blockSize, int threads) {
        return order(forward, blockSize, threads, () -> false);
    }

    private static int[] order(ForwardTerms forward, int blockSize, int threads, BooleanSupplier cancelled) {
        try (ForkJoinPool pool = new ForkJoinPool(threads)) {
            return GraphBisection.order(forward, blockSize, pool, cancelled);
        }
    }

    private static int[] identity(int documents) {
        return IntStream.range(0, documents).toArray();
    }

    private static void assertPermutation(int[] order, int documents) {
        int[] sorted = order.clone();
        Arrays.sort(sorted);
        assertThat(sorted).isEqualTo(identity(documents));
    }

    /** How often two neighbours are of different clusters. */
    private static int strangers(int[] order, Corpus corpus) {
        int strangers = 0;
        for (int position = 1; position < order.length; position++) {
            strangers += corpus.clusters()[order[position]] == corpus.clusters()[order[position - 1]] ? 0 : 1;
        }
        return strangers;
    }

    /** Bits of the gaps of all posting lists: the sum of their logarithms. */
    private static double gapBits(int[] order, ForwardTerms forward) {
        int[] last = new int[forward.distinctTerms()];
        double bits = 0;
        for (int position = 0; position < order.length; position++) {
            for (int i = forward.starts()[order[position]]; i < forward.starts()[order[position] + 1]; i++) {
                int term = forward.terms()[i];
                bits += Math.log(position + 1 - last[term]) / Math.log(2);
                last[term] = position + 1;
            }
        }
        return bits;
    }

    /**
     * Clusters of equal size, hidden by a shuffle. A document has about eight of the twelve terms of its cluster, and some
     * of a hundred that say nothing, all in no order.
     *
     * @param ownTerms how many of a cluster's terms the cluster before it does not have
     */
    private static Corpus clustered(int documents, int clusters, int ownTerms, Random random) {
        List<Integer> shuffled = new ArrayList<>(
                IntStream.range(0, documents).map(d -> d % clusters).boxed().toList());
        Collections.shuffle(shuffled, random);
        int[] starts = new int[documents + 1];
        IntStream.Builder terms = IntStream.builder();
        for (int document = 0; document < documents; document++) {
            Set<Integer> its = new LinkedHashSet<>();
            for (int i = 0; i < 15; i++) {
                boolean noise = random.nextInt(5) == 0;
                its.add(noise ? random.nextInt(100) : 100 + ownTerms * shuffled.get(document) + random.nextInt(12));
            }
            its.forEach(terms::add);
            starts[document + 1] = starts[document] + its.size();
        }
        int[] hidden = shuffled.stream().mapToInt(Integer::intValue).toArray();
        return new Corpus(new ForwardTerms(starts, terms.build().toArray(), 112 + ownTerms * clusters), hidden);
    }

    /** @param clusters by document */
    private record Corpus(ForwardTerms forward, int[] clusters) {}
}
