package io.millrace.index.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;

class ForwardTermsTest {
    @Test
    void keepsTheHeaviestTermsOfEachDocumentHeaviestFirst() {
        Random random = new Random(21);
        for (int round = 0; round < 60; round++) {
            Lists lists = Lists.random(1 + random.nextInt(50), random.nextInt(100), 0.3, random);
            assertHeaviest(lists, 1 + random.nextInt(20), 1 + round % 2);
        }
    }

    @Test
    void readsMorePostingsThanTheMemoryOfAThreadHolds() {
        assertHeaviest(Lists.random(40, 30_000, 0.95, new Random(22)), 10, 2);
    }

    @Test
    void refusesStartsThatDoNotDescribeTheTerms() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ForwardTerms(new int[0], new int[0], 1))
                .withMessageContaining("starts must run from 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ForwardTerms(new int[] {0, 3}, new int[2], 1))
                .withMessageContaining("0 to 3");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ForwardTerms(new int[] {0, 2, 1, 2}, new int[2], 1))
                .withMessageContaining("starts must ascend, but 1 comes after 2");
    }

    @Test
    void refusesTermsOutOfRange() {
        for (int term : new int[] {-1, 5}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new ForwardTerms(new int[] {0, 2}, new int[] {4, term}, 5))
                    .withMessageContaining("less than 5, but one is " + term);
        }
    }

    @Test
    void refusesToKeepNothing() {
        Lists lists = Lists.random(2, 2, 1, new Random(1));
        try (ForkJoinPool pool = new ForkJoinPool(1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ForwardTerms.heaviest(lists, 2, 0, pool))
                    .withMessageContaining("not 0");
        }
    }

    private static void assertHeaviest(Lists lists, int keep, int threads) {
        ForwardTerms forward;
        try (ForkJoinPool pool = new ForkJoinPool(threads)) {
            forward = ForwardTerms.heaviest(lists, lists.documents(), keep, pool);
        }
        assertThat(forward.documents()).isEqualTo(lists.documents());
        assertThat(forward.distinctTerms()).isEqualTo(lists.terms());
        for (int document = 0; document < lists.documents(); document++) {
            int[] terms =
                    Arrays.copyOfRange(forward.terms(), forward.starts()[document], forward.starts()[document + 1]);
            assertThat(terms).isEqualTo(lists.heaviest(document, keep));
        }
    }

    /** @param weights by term and document, 0 where there is no posting; few values, so that many are equal */
    private record Lists(float[][] weights, int documents) implements ForwardTerms.PostingLists {
        static Lists random(int terms, int documents, double density, Random random) {
            float[][] weights = new float[terms][documents];
            for (float[] list : weights) {
                for (int document = 0; document < documents; document++) {
                    list[document] = random.nextDouble() < density ? (1 + random.nextInt(12)) / 4f : 0;
                }
            }
            return new Lists(weights, documents);
        }

        @Override
        public int terms() {
            return weights.length;
        }

        @Override
        public void forEach(int term, int from, int to, ForwardTerms.PostingConsumer consumer) {
            for (int document = from; document < to; document++) {
                if (weights[term][document] > 0) {
                    consumer.accept(document, weights[term][document]);
                }
            }
        }

        int[] heaviest(int document, int keep) {
            List<Integer> terms = new ArrayList<>();
            for (int term = 0; term < weights.length; term++) {
                if (weights[term][document] > 0) {
                    terms.add(term);
                }
            }
            // Stable, so that the lower of equal terms comes first.
            terms.sort(Comparator.comparingDouble(term -> -weights[term][document]));
            return terms.stream().mapToInt(Integer::intValue).limit(keep).toArray();
        }
    }
}
