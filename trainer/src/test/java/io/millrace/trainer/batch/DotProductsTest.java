package io.millrace.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DotProductsTest {
    private final TrainingVectors vectors = RandomBatches.vectors(new Random(5), 7, 3, 40);

    private static double[][] scores(DotProducts products, int queries) {
        double[][] scores = new double[queries][products.documents()];
        products.score(0, scores);
        return scores;
    }

    @Test
    void scoresWithTheBatchAreTheDotProductsOfTheVectorsToTheBit() {
        double[][] scores = scores(DotProducts.withBatch(vectors), vectors.size());

        for (int query = 0; query < vectors.size(); query++) {
            for (int row = 0; row < vectors.documents().rows(); row++) {
                assertThat(scores[query][row])
                        .isEqualTo(vectors.queries()
                                .row(query)
                                .dot(vectors.documents().row(row)));
            }
        }
    }

    @Test
    void scoresWithCandidatesAreThoseOfTheBatchToTheBit() {
        double[][] few = scores(DotProducts.withCandidates(vectors), vectors.size());
        double[][] all = scores(DotProducts.withBatch(vectors), vectors.size());

        for (int query = 0; query < vectors.size(); query++) {
            int own = query * vectors.group();
            assertThat(few[query]).isEqualTo(Arrays.copyOfRange(all[query], own, own + vectors.group()));
        }
    }

    @Test
    void someQueriesInTheMiddleAreScoredAsInTheWhole() {
        double[][] whole = scores(DotProducts.withBatch(vectors), vectors.size());
        double[][] some = new double[2][vectors.documents().rows()];
        DotProducts.withBatch(vectors).score(3, some);

        assertThat(some[0]).isEqualTo(whole[3]);
        assertThat(some[1]).isEqualTo(whole[4]);
    }

    @Test
    void bothWalkBackToTheSameSlopes() {
        Random random = new Random(6);
        double[][] own = new double[vectors.size()][];
        double[][] slopes = new double[vectors.size()][vectors.documents().rows()];
        for (int query = 0; query < vectors.size(); query++) {
            own[query] = random.doubles(vectors.group()).toArray();
            System.arraycopy(own[query], 0, slopes[query], query * vectors.group(), vectors.group());
        }
        VectorGradients few = VectorGradients.of(vectors);
        VectorGradients all = VectorGradients.of(vectors);
        DotProducts.withCandidates(vectors).addGradients(0, own, few);
        DotProducts.withBatch(vectors).addGradients(0, slopes, all);

        assertThat(all.documents()).isEqualTo(few.documents());
        assertThat(all.queries()).usingComparatorWithPrecision(1e-15).isEqualTo(few.queries());
    }
}
