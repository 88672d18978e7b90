package io.millrace.evaluation.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TermCountsTest {
    @Test
    void flopsAreTheMeanNumberOfTermsThatAQueryAndADocumentShare() {
        Random random = new Random(21);
        int[][] queries = vectors(random, 30, 5);
        int[][] documents = vectors(random, 70, 20);
        long shared = 0;
        for (int[] query : queries) {
            for (int[] document : documents) {
                shared += IntStream.of(query)
                        .filter(id -> Arrays.stream(document).anyMatch(other -> other == id))
                        .count();
            }
        }
        TermCounts q = counts(queries);
        TermCounts d = counts(documents);
        assertThat(q.flops(d)).isCloseTo(shared / (30.0 * 70), within(1e-12)).isPositive();
        assertThat(d.flops(q)).isEqualTo(q.flops(d));
    }

    private static int[][] vectors(Random random, int count, int terms) {
        return IntStream.range(0, count)
                .mapToObj(i -> random.ints(-20, 60)
                        .distinct()
                        .limit(random.nextInt(terms + 1))
                        .toArray())
                .toArray(int[][]::new);
    }

    private static TermCounts counts(int[][] vectors) {
        TermCounts counts = new TermCounts();
        for (int[] vector : vectors) {
            counts.add(vector);
        }
        return counts;
    }

    @Test
    void countsTermsWithAWeightOnly() {
        TermCounts counts = new TermCounts();
        counts.add(new int[] {1, 2, 3}, new float[] {1, 0, 2});
        counts.add(new int[] {3}, new float[] {-1});
        counts.add(new int[0]);
        assertThat(counts.vectors()).isEqualTo(3);
        assertThat(counts.meanNonZeros()).isEqualTo(1);
        assertThat(counts.terms()).isEqualTo(2);
        assertThat(counts.longestList()).isEqualTo(2);
    }

    @Test
    void nothingCostsNothing() {
        TermCounts none = new TermCounts();
        TermCounts some = counts(new int[][] {{1}});
        assertThat(none.meanNonZeros()).isZero();
        assertThat(none.longestList()).isZero();
        assertThat(none.flops(some)).isZero();
        assertThat(some.flops(none)).isZero();
    }

    @Test
    void refusesATermWithoutWeight() {
        assertThatThrownBy(() -> new TermCounts().add(new int[2], new float[1])).hasMessageContaining("2 terms and 1");
    }
}
