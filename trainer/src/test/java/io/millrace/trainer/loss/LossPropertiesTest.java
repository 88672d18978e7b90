package io.millrace.trainer.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.batch.RandomBatches;
import io.millrace.trainer.batch.Slopes;
import io.millrace.trainer.batch.TrainingVectors;
import io.millrace.trainer.batch.VectorGradients;
import io.millrace.vector.SparseMatrix;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What must hold of every loss, whatever the batch. */
class LossPropertiesTest {
    static Stream<RankingLoss> losses() {
        return Stream.of(
                new MarginMse(),
                new MarginMse(MarginMse.Margins.ALL_ORDERED),
                new KlDivergence(1),
                new KlDivergence(0.5, 3),
                new InfoNce(),
                new InfoNce(0.3, true, InfoNce.InBatch.NONE),
                new InfoNce(2, false, InfoNce.InBatch.POSITIVES),
                new InfoNce(1, true, InfoNce.InBatch.NEGATIVES),
                new AllPairs(),
                new AllPairs(AllPairs.Pairs.POSITIVE_AGAINST_EACH),
                new AllPairs(AllPairs.Pairs.TEACHER_ORDERED));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void slopesAreDifferencesOfTheLoss(RankingLoss loss) {
        for (int seed = 0; seed < 4; seed++) {
            Random random = new Random(seed);
            TrainingVectors vectors = RandomBatches.vectors(random, 3, 2 + seed, 24);
            Supervision supervision = supervision(random, vectors);
            VectorGradients gradients = VectorGradients.of(vectors);
            value(loss, vectors, supervision, gradients);

            Slopes.areDifferencesOf(
                    rows -> value(
                            loss,
                            new TrainingVectors(rows, vectors.documents(), vectors.group()),
                            supervision,
                            VectorGradients.of(vectors)),
                    vectors.queries(),
                    gradients.queries());
            Slopes.areDifferencesOf(
                    rows -> value(
                            loss,
                            new TrainingVectors(vectors.queries(), rows, vectors.group()),
                            supervision,
                            VectorGradients.of(vectors)),
                    vectors.documents(),
                    gradients.documents());
        }
    }

    @ParameterizedTest
    @MethodSource("losses")
    void theOrderOfQueriesDoesNotMatter(RankingLoss loss) {
        Random random = new Random(11);
        TrainingVectors vectors = RandomBatches.vectors(random, 6, 3, 30);
        double[] teacher = RandomBatches.teacher(random, vectors);
        int[] order = {4, 0, 5, 2, 1, 3};
        double[] moved = IntStream.of(order)
                .flatMap(query -> IntStream.range(query * 3, query * 3 + 3))
                .mapToDouble(row -> teacher[row])
                .toArray();

        double value = value(loss, vectors, Supervision.teacher(teacher), VectorGradients.of(vectors));
        double again = value(
                loss, RandomBatches.permuted(vectors, order), Supervision.teacher(moved), VectorGradients.of(vectors));

        assertThat(again).isCloseTo(value, within(1e-13 * Math.abs(value)));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void theSameBatchGivesTheSameBitsWithAnyNumberOfProcessors(RankingLoss loss) {
        Random random = new Random(12);
        TrainingVectors vectors = RandomBatches.vectors(random, 150, 3, 50);
        Supervision supervision = supervision(random, vectors);
        VectorGradients first = VectorGradients.of(vectors);
        double value = value(loss, vectors, supervision, first);

        for (int processors : new int[] {1, 2, 7}) {
            VectorGradients again = VectorGradients.of(vectors);
            try (ForkJoinPool pool = new ForkJoinPool(processors)) {
                // Parallel streams stay in the pool that they are begun in.
                assertThat(pool.submit(() -> value(loss, vectors, supervision, again))
                                .join())
                        .isEqualTo(value);
            }
            assertThat(again.queries()).isEqualTo(first.queries());
            assertThat(again.documents()).isEqualTo(first.documents());
        }
    }

    @ParameterizedTest
    @MethodSource("losses")
    void aTeachersScoresMayBeShiftedQueryByQuery(RankingLoss loss) {
        Random random = new Random(13);
        TrainingVectors vectors = RandomBatches.vectors(random, 5, 3, 30);
        double[] teacher = RandomBatches.teacher(random, vectors);
        double[] shifted = teacher.clone();
        for (int row = 0; row < shifted.length; row++) {
            shifted[row] += 8 * (row / 3 - 2);
        }

        double value = value(loss, vectors, Supervision.teacher(teacher), VectorGradients.of(vectors));
        double again = value(loss, vectors, Supervision.teacher(shifted), VectorGradients.of(vectors));

        assertThat(again).isCloseTo(value, within(1e-12));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void gradientsOfADescentStepLowerTheLoss(RankingLoss loss) {
        Random random = new Random(14);
        TrainingVectors vectors = RandomBatches.vectors(random, 5, 3, 30);
        Supervision supervision = supervision(random, vectors);
        VectorGradients gradients = VectorGradients.of(vectors);
        double value = value(loss, vectors, supervision, gradients);
        float[] moved = vectors.documents().weights().clone();
        for (int p = 0; p < moved.length; p++) {
            moved[p] = (float) Math.max(1e-3, moved[p] - 1e-3 * gradients.documents()[p]);
        }
        TrainingVectors next = new TrainingVectors(
                vectors.queries(),
                new SparseMatrix(
                        30, vectors.documents().offsets(), vectors.documents().terms(), moved),
                3);

        assertThat(value(loss, next, supervision, VectorGradients.of(next))).isLessThan(value);
    }

    private static Supervision supervision(Random random, TrainingVectors vectors) {
        return Supervision.teacher(RandomBatches.teacher(random, vectors));
    }

    private static double value(
            RankingLoss loss, TrainingVectors vectors, Supervision supervision, VectorGradients into) {
        return LossMixture.of(loss).add(vectors, supervision, into)[0];
    }
}
