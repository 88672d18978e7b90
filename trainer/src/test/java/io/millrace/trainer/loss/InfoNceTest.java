package io.millrace.trainer.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.batch.RandomBatches;
import io.millrace.trainer.batch.TrainingVectors;
import io.millrace.trainer.batch.VectorGradients;
import io.millrace.vector.SparseMatrix;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which documents count as negatives, and that nothing else does. */
class InfoNceTest {
    private final TrainingVectors vectors = RandomBatches.vectors(new Random(21), 4, 3, 25);

    private static double loss(InfoNce loss, TrainingVectors vectors, Supervision supervision) {
        return LossMixture.of(loss).add(vectors, supervision, VectorGradients.of(vectors))[0];
    }

    /** By the definition, from the vectors themselves. */
    private double plain(double temperature, int query, int... rows) {
        double sum = 0;
        for (int row : rows) {
            sum += Math.exp(dot(query, row) / temperature);
        }
        return Math.log(sum) - dot(query, rows[0]) / temperature;
    }

    private double dot(int query, int row) {
        return vectors.queries().row(query).dot(vectors.documents().row(row));
    }

    @Test
    void eachVariantCountsItsNegatives() {
        int[][] hard = {{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {9, 10, 11}};
        int[][] positives = {{0, 3, 6, 9}, {3, 0, 6, 9}, {6, 0, 3, 9}, {9, 0, 3, 6}};
        int[][] hardAndPositives = {{0, 1, 2, 3, 6, 9}, {3, 4, 5, 0, 6, 9}, {6, 7, 8, 0, 3, 9}, {9, 10, 11, 0, 3, 6}};
        int[][] negatives = {
            {0, 4, 5, 7, 8, 10, 11}, {3, 1, 2, 7, 8, 10, 11}, {6, 1, 2, 4, 5, 10, 11}, {9, 1, 2, 4, 5, 7, 8}
        };
        int[] everything = IntStream.range(0, 12).toArray();
        int[][] all = new int[4][];
        for (int query = 0; query < 4; query++) {
            int own = 3 * query;
            all[query] = IntStream.concat(
                            IntStream.of(own), IntStream.of(everything).filter(row -> row != own))
                    .toArray();
        }
        check(new InfoNce(0.7, true, InfoNce.InBatch.NONE), hard);
        check(new InfoNce(0.7, false, InfoNce.InBatch.POSITIVES), positives);
        check(new InfoNce(0.7, true, InfoNce.InBatch.POSITIVES), hardAndPositives);
        check(new InfoNce(0.7, false, InfoNce.InBatch.NEGATIVES), negatives);
        check(new InfoNce(0.7, true, InfoNce.InBatch.ALL), all);
    }

    private void check(InfoNce loss, int[][] counted) {
        double sum = 0;
        for (int query = 0; query < 4; query++) {
            sum += plain(0.7, query, counted[query]);
        }
        assertThat(loss(loss, vectors, Supervision.NONE)).as(loss.name()).isCloseTo(sum / 4, within(1e-13));
    }

    @Test
    void documentsThatAreRelevantOrRepeatedAreNoNegatives() {
        // Row 4 is query 0's positive again; row 7 is a document known to be relevant to query 0; row 10 repeats row 5.
        List<String> ids = List.of("a", "b", "c", "d", "a", "f", "g", "h", "i", "j", "f", "l");
        List<Set<String>> relevant = List.of(Set.of("a", "h"), Set.of("d"), Set.of(), Set.of("j", "elsewhere"));
        int[][] counted = {
            {0, 1, 2, 3, 5, 6, 8, 9, 11},
            {3, 4, 5, 1, 2, 6, 7, 8, 9, 11},
            {6, 7, 8, 0, 1, 2, 3, 5, 9, 11},
            {9, 10, 11, 0, 1, 2, 3, 6, 7, 8}
        };
        TrainingVectors repeated = new TrainingVectors(
                vectors.queries(),
                RandomBatches.pick(vectors.documents(), new int[] {0, 1, 2, 3, 0, 5, 6, 7, 8, 9, 5, 11}),
                3);
        double sum = 0;
        for (int query = 0; query < 4; query++) {
            int[] rows = IntStream.of(counted[query])
                    .map(row -> row == 4 ? 0 : row == 10 ? 5 : row)
                    .toArray();
            sum += plain(1, query, rows);
        }

        double value = loss(new InfoNce(), repeated, Supervision.ids(new DocumentIds(ids, relevant)));

        assertThat(value).isCloseTo(sum / 4, within(1e-13));
    }

    @Test
    void aHardNegativeKnownToBeRelevantIsNoNegativeEither() {
        List<String> ids = IntStream.range(0, 12).mapToObj(Integer::toString).toList();
        List<Set<String>> relevant = List.of(Set.of("0", "2"), Set.of(), Set.of(), Set.of());
        InfoNce loss = new InfoNce(1, true, InfoNce.InBatch.NONE);

        double value = loss(loss, vectors, Supervision.ids(new DocumentIds(ids, relevant)));

        double sum = plain(1, 0, 0, 1) + plain(1, 1, 3, 4, 5) + plain(1, 2, 6, 7, 8) + plain(1, 3, 9, 10, 11);
        assertThat(value).isCloseTo(sum / 4, within(1e-13));
    }

    @Test
    void idsMustFitTheBatch() {
        Supervision supervision =
                Supervision.ids(new DocumentIds(Collections.nCopies(5, "a"), Collections.nCopies(4, Set.of())));
        assertThatThrownBy(() -> loss(new InfoNce(), vectors, supervision))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("5 documents and 4 queries, but the batch has 12 and 4");
    }

    @Test
    void nothingToTellApartIsRefused() {
        assertThatThrownBy(() -> new InfoNce(1, false, InfoNce.InBatch.NONE))
                .hasMessageContaining("neither hard nor in-batch negatives");
        TrainingVectors alone = RandomBatches.vectors(new Random(3), 4, 1, 25);
        assertThatThrownBy(() -> loss(new InfoNce(1, true, InfoNce.InBatch.NONE), alone, Supervision.NONE))
                .hasMessageContaining("needs 2 or more; the batch has 1");
    }

    @Test
    void scoresBeyondTheExponentialsRangeDoNotOverflow() {
        SparseMatrix one = new SparseMatrix(1, new int[] {0, 1}, new int[1], new float[] {1e18f});
        SparseMatrix two = new SparseMatrix(1, new int[] {0, 1, 2}, new int[2], new float[] {1e18f, 2e18f});
        TrainingVectors huge = new TrainingVectors(one, two, 2);
        VectorGradients gradients = VectorGradients.of(huge);

        double value =
                LossMixture.of(new InfoNce(1e-3, true, InfoNce.InBatch.NONE)).add(huge, Supervision.NONE, gradients)[0];

        assertThat(value).isCloseTo(1e39, within(1e33));
        assertThat(Arrays.stream(gradients.documents())).allMatch(Double::isFinite);
    }

    @Test
    void aVocabularyOfAQuarterMillionTermsIsNoDenseMatrix() {
        TrainingVectors wide = RandomBatches.vectors(new Random(8), 64, 8, 262_144);

        assertThat(loss(new InfoNce(), wide, Supervision.NONE)).isFinite();
    }
}
