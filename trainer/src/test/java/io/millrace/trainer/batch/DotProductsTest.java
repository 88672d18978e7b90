package io.millrace.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class DotProductsTest {
    private final TrainingVectors vectors = RandomBatches.vectors(new Random(5), 7, 3, 40);

    @Test
    void scoresWithTheBatchAreTheDotProductsOfTheVectorsToTheBit() {
        DotProducts products = DotProducts.withBatch(vectors);
        double[] scores = new double[products.documents()];

        for (int query = 0; query < vectors.size(); query++) {
            products.score(query, scores);
            for (int row = 0; row < scores.length; row++) {
                assertThat(scores[row])
                        .isEqualTo(vectors.queries()
                                .row(query)
                                .dot(vectors.documents().row(row)));
            }
        }
    }

    @Test
    void scoresWithCandidatesAreThoseOfTheBatchToTheBit() {
        DotProducts few = DotProducts.withCandidates(vectors);
        DotProducts all = DotProducts.withBatch(vectors);
        double[] own = new double[few.documents()];
        double[] scores = new double[all.documents()];

        for (int query = 0; query < vectors.size(); query++) {
            few.score(query, own);
            all.score(query, scores);
            for (int j = 0; j < own.length; j++) {
                assertThat(own[j]).isEqualTo(scores[query * vectors.group() + j]);
            }
        }
    }

    @Test
    void bothWalkBackToTheSameSlopes() {
        VectorGradients few = VectorGradients.of(vectors);
        VectorGradients all = VectorGradients.of(vectors);
        for (int query = 0; query < vectors.size(); query++) {
            double[] own = new Random(query).doubles(vectors.group()).toArray();
            double[] slopes = new double[vectors.documents().rows()];
            System.arraycopy(own, 0, slopes, query * vectors.group(), own.length);
            DotProducts.withCandidates(vectors).addGradients(query, own, few);
            DotProducts.withBatch(vectors).addGradients(query, slopes, all);
        }

        assertThat(all.documents()).isEqualTo(few.documents());
        assertThat(all.queries()).usingComparatorWithPrecision(1e-15).isEqualTo(few.queries());
    }
}
