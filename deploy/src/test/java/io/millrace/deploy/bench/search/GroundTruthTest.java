package io.millrace.deploy.bench.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.vector.SparseVector;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GroundTruthTest {
    // Of one query: documents 4 and 9 tie at rank 2, but for what a float cannot tell.
    private static final GroundTruth TIES =
            new GroundTruth(5, new int[] {7, 4, 9, 2, 1}, new double[] {3, 2.0000001, 2, 1.9, 0});

    @Test
    void isWhatSortingAllDocumentsByTheirDotProductGives() {
        for (long seed = 1; seed <= 20; seed++) {
            List<SparseVector> documents = SmallCollection.vectors(seed, 60, 12);
            List<SparseVector> queries = SmallCollection.vectors(-seed, 9, 6);
            int depth = seed % 2 == 0 ? 60 : 7;
            GroundTruth truth = GroundTruth.of(SmallCollection.matrix(documents), queries, depth, done -> {});
            assertThat(truth.queries()).isEqualTo(queries.size());
            for (int q = 0; q < queries.size(); q++) {
                SparseVector query = queries.get(q);
                List<Integer> sorted = IntStream.range(0, documents.size())
                        .boxed()
                        .sorted(Comparator.comparingDouble(d -> -query.dot(documents.get(d))))
                        .limit(depth)
                        .toList();
                for (int rank = 0; rank < depth; rank++) {
                    int document = truth.documents()[q * depth + rank];
                    assertThat(document).isEqualTo(sorted.get(rank));
                    assertThat(truth.scores()[q * depth + rank]).isEqualTo(query.dot(documents.get(document)));
                }
            }
        }
    }

    @Test
    void anyDocumentThatTiesWithTheLastOneWantedCounts() {
        assertThat(TIES.recall(0, List.of(7, 4), 2)).isEqualTo(1);
        assertThat(TIES.recall(0, List.of(7, 9), 2)).isEqualTo(1);
        assertThat(TIES.recall(0, List.of(4, 9), 2)).isEqualTo(1);
        assertThat(TIES.recall(0, List.of(7, 2), 2)).isEqualTo(.5);
    }

    @Test
    void neitherRepetitionsNorWhatComesAfterRankKCount() {
        assertThat(TIES.recall(0, List.of(7, 7), 2)).isEqualTo(.5);
        assertThat(TIES.recall(0, List.of(2, 1, 7, 4), 2)).isZero();
        assertThat(TIES.recall(0, List.of(), 2)).isZero();
        assertThat(TIES.recall(0, List.of(7, 4, 9), 3)).isEqualTo(1);
        assertThat(TIES.recall(0, List.of(7, 4, 5), 3)).isCloseTo(2. / 3, within(1e-12));
    }

    @Test
    void whatDoesNotMatchIsNotMissed() {
        assertThat(TIES.recall(0, List.of(7, 4, 9, 2), 5)).isEqualTo(1);
        assertThat(TIES.recall(0, List.of(7, 4, 9), 5)).isEqualTo(.75);
        GroundTruth nothing = new GroundTruth(2, new int[] {0, 1}, new double[] {0, 0});
        assertThat(nothing.recall(0, List.of(), 2)).isEqualTo(1);
    }
}
