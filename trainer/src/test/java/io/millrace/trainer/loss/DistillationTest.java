package io.millrace.trainer.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.batch.DotProducts;
import io.millrace.trainer.batch.RandomBatches;
import io.millrace.trainer.batch.TrainingVectors;
import io.millrace.trainer.batch.VectorGradients;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Learning from a teacher's scores. */
class DistillationTest {
    private final TrainingVectors vectors = RandomBatches.vectors(new Random(3), 4, 3, 25);
    private final double[] teacher = RandomBatches.teacher(new Random(4), vectors);

    static Stream<RankingLoss> taught() {
        return Stream.of(
                new MarginMse(),
                new MarginMse(MarginMse.Margins.ALL_ORDERED),
                new KlDivergence(1),
                new KlDivergence(4),
                new AllPairs(AllPairs.Pairs.TEACHER_ORDERED));
    }

    @Test
    void aStudentThatScoresAsItsTeacherHasNothingToLearn() {
        double[][] scores = new double[4][3];
        DotProducts.withCandidates(vectors).score(0, scores);
        double[] own = Arrays.stream(scores).flatMapToDouble(Arrays::stream).toArray();
        LossMixture mixture = new LossMixture(List.of(
                new LossMixture.Part(1, new MarginMse()),
                new LossMixture.Part(1, new MarginMse(MarginMse.Margins.ALL_ORDERED)),
                new LossMixture.Part(1, new KlDivergence(2))));
        VectorGradients gradients = VectorGradients.of(vectors);

        assertThat(mixture.add(vectors, Supervision.teacher(own), gradients)).containsOnly(0);
        assertThat(gradients.documents()).containsOnly(0);
    }

    @ParameterizedTest
    @MethodSource("taught")
    void aMissingTeacherIsSaid(RankingLoss loss) {
        assertThatThrownBy(() -> LossMixture.of(loss).add(vectors, Supervision.NONE, VectorGradients.of(vectors)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(loss.name() + " learns from a teacher");
    }

    @ParameterizedTest
    @MethodSource("taught")
    void candidatesWithoutAnyToCompareAreRefused(RankingLoss loss) {
        TrainingVectors alone = RandomBatches.vectors(new Random(3), 4, 1, 25);
        assertThatThrownBy(() ->
                        LossMixture.of(loss).add(alone, Supervision.teacher(1, 2, 3, 4), VectorGradients.of(alone)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("needs 2 or more; the batch has 1");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void teacherScoresThatAreNoNumbersAreRefused(double score) {
        teacher[7] = score;
        assertThatThrownBy(() -> Supervision.teacher(teacher))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("teacher score 7 is " + score);
    }

    @Test
    void oneScoreIsNeededForEachCandidate() {
        assertThatThrownBy(() -> LossMixture.of(new MarginMse())
                        .add(vectors, Supervision.teacher(1, 2, 3), VectorGradients.of(vectors)))
                .hasMessageContaining("3 scores for 12 documents");
    }

    @Test
    void anExtremeTeacherDoesNotOverflow() {
        double[] extreme = teacher.clone();
        extreme[0] = 1e300;
        extreme[4] = -1e300;
        VectorGradients gradients = VectorGradients.of(vectors);

        double[] values = LossMixture.of(new KlDivergence(1)).add(vectors, Supervision.teacher(extreme), gradients);

        assertThat(values[0]).isFinite();
        assertThat(Arrays.stream(gradients.queries())).allMatch(Double::isFinite);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void temperaturesMustBeAboveZero(double temperature) {
        assertThatThrownBy(() -> new KlDivergence(temperature)).hasMessageContaining("temperature is " + temperature);
        assertThatThrownBy(() -> new KlDivergence(1, temperature)).hasMessageContaining("above 0");
        assertThatThrownBy(() -> new InfoNce(temperature, true, InfoNce.InBatch.ALL))
                .hasMessageContaining("above 0");
    }

    @Test
    void aMixtureIsTheWeightedSumOfItsParts() {
        Supervision supervision = Supervision.teacher(teacher);
        LossMixture mixture = LossMixture.spladeV3();
        VectorGradients sum = VectorGradients.of(vectors);
        double[] values = mixture.add(vectors, supervision, sum);
        double[] expected = new double[sum.queries().length];
        for (int i = 0; i < values.length; i++) {
            LossMixture.Part part = mixture.parts().get(i);
            VectorGradients one = VectorGradients.of(vectors);
            assertThat(LossMixture.of(part.loss()).add(vectors, supervision, one)[0])
                    .isEqualTo(values[i]);
            for (int p = 0; p < expected.length; p++) {
                expected[p] += part.weight() * one.queries()[p];
            }
        }

        for (int p = 0; p < expected.length; p++) {
            assertThat(sum.queries()[p]).isCloseTo(expected[p], within(1e-14));
        }
    }

    @Test
    void aMixtureNeedsALossAndWeightsThatDoNotReward() {
        assertThatThrownBy(() -> new LossMixture(List.of())).hasMessageContaining("needs a ranking loss");
        assertThatThrownBy(() -> new LossMixture.Part(-0.1, new MarginMse()))
                .hasMessageContaining("margin_mse has weight -0.1");
        assertThatThrownBy(() -> new LossMixture.Part(Double.NaN, new MarginMse()))
                .hasMessageContaining("NaN");
    }

    @Test
    void publishedMixturesHaveTheirWeights() {
        assertThat(LossMixture.jointKlMse().parts())
                .containsExactly(
                        new LossMixture.Part(1, new KlDivergence(1)), new LossMixture.Part(0.05, new MarginMse()));
        assertThat(LossMixture.contrastiveAndDistillation().parts())
                .extracting(LossMixture.Part::weight)
                .containsExactly(0.5, 0.5);
    }
}
