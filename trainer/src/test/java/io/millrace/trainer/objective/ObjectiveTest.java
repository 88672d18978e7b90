package io.millrace.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.batch.RandomBatches;
import io.millrace.trainer.batch.TrainingVectors;
import io.millrace.trainer.batch.VectorGradients;
import io.millrace.trainer.loss.InfoNce;
import io.millrace.trainer.loss.LossMixture;
import io.millrace.trainer.loss.Supervision;
import io.millrace.trainer.regularizer.AntiZero;
import io.millrace.trainer.regularizer.DfFlops;
import io.millrace.trainer.regularizer.DocumentFrequencies;
import io.millrace.trainer.regularizer.Flops;
import io.millrace.trainer.regularizer.L1;
import io.millrace.trainer.regularizer.RowGrouping;
import io.millrace.trainer.schedule.Ramp;
import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ObjectiveTest {
    private static final Ramp RAMP = new Ramp(Ramp.Shape.QUADRATIC, 10, Ramp.Counting.LSR);
    private static final LossMixture RANKING = LossMixture.of(new InfoNce());

    private final TrainingVectors vectors = RandomBatches.vectors(new Random(31), 5, 3, 30);
    private final Objective objective = new Objective(
            RANKING,
            List.of(
                    new Penalty(Penalty.Side.QUERIES, new L1(), 0.4, RAMP),
                    new Penalty(Penalty.Side.DOCUMENTS, new Flops(RowGrouping.POSITIVES_AND_NEGATIVES, 0), 0.2, RAMP),
                    new Penalty(Penalty.Side.DOCUMENTS, new AntiZero(), 1, Ramp.NONE)));

    @Test
    void theTotalIsTheRankingLossWithItsPenaltiesAtTheWeightsOfTheStep() {
        StepObjective evaluated = objective.evaluate(vectors, Supervision.NONE, 5);

        VectorGradients expected = VectorGradients.of(vectors);
        double ranking = RANKING.add(vectors, Supervision.NONE, expected)[0];
        double l1 = new L1().add(vectors.queries(), 1, 0.1, expected.queries());
        double flops = new Flops(RowGrouping.POSITIVES_AND_NEGATIVES, 0)
                .add(vectors.documents(), 3, 0.05, expected.documents());
        double antiZero = new AntiZero().add(vectors.documents(), 3, 1, expected.documents());
        assertThat(evaluated.total()).isCloseTo(ranking + 0.1 * l1 + 0.05 * flops + antiZero, within(1e-14));
        assertThat(evaluated.terms())
                .containsExactly(
                        new ObjectiveTerm("info_nce_in_batch_hard", ranking, 1),
                        new ObjectiveTerm("l1_queries", l1, 0.4 * 0.25),
                        new ObjectiveTerm("flops_positives_and_negatives_documents", flops, 0.2 * 0.25),
                        new ObjectiveTerm("anti_zero_documents", antiZero, 1));
        for (int p = 0; p < expected.documents().length; p++) {
            assertThat(evaluated.documentGradient()[p])
                    .isCloseTo((float) expected.documents()[p], within((float) 1e-9));
        }
        assertThat(evaluated.isFinite()).isTrue();
    }

    @Test
    void penaltiesRestAtTheFirstStepWhereTheRampBeginsAtZero() {
        Objective resting = new Objective(RANKING, objective.penalties().subList(0, 2));

        StepObjective evaluated = resting.evaluate(vectors, Supervision.NONE, 0);

        VectorGradients expected = VectorGradients.of(vectors);
        double ranking = RANKING.add(vectors, Supervision.NONE, expected)[0];
        assertThat(evaluated.total()).isEqualTo(ranking);
        assertThat(evaluated.terms().get(1).value()).isPositive();
        assertThat(evaluated.terms().get(1).weight()).isZero();
    }

    @Test
    void theGradientScaleIsNotOfTheValues() {
        StepObjective once = objective.evaluate(vectors, Supervision.NONE, 3);
        StepObjective scaled = objective.evaluate(vectors, Supervision.NONE, 3, 1024);

        assertThat(scaled.total()).isEqualTo(once.total());
        for (int p = 0; p < once.queryGradient().length; p++) {
            assertThat(scaled.queryGradient()[p]).isEqualTo(1024 * once.queryGradient()[p]);
        }
    }

    @Test
    void aBatchWithoutAnyWeightIsReportedAsNotFinite() {
        SparseMatrix nothing = SparseMatrix.of(List.of(SparseVector.EMPTY, SparseVector.EMPTY), 30);
        TrainingVectors empty = new TrainingVectors(nothing, nothing, 1);

        StepObjective evaluated = objective.evaluate(empty, Supervision.NONE, 5);

        assertThat(evaluated.isFinite()).isFalse();
        assertThat(evaluated.total()).isInfinite();
        assertThat(evaluated.statistics().documentNonZeros()).isZero();
    }

    @Test
    void slopesThatFloatsCannotHoldAreReported() {
        assertThat(objective.evaluate(vectors, Supervision.NONE, 3, 1e40).isFinite())
                .isFalse();
    }

    @Test
    void aTermOfNoWeightAddsNothingEvenIfItIsInfinite() {
        assertThat(new ObjectiveTerm("anti_zero_queries", Double.POSITIVE_INFINITY, 0).contribution())
                .isZero();
    }

    @Test
    void newFrequenciesReachThePenaltiesThatUseThem() {
        DfFlops flops = new DfFlops(
                RowGrouping.TOGETHER, DfFlops.Placement.INSIDE_THE_SQUARE, 0.1, 2, DocumentFrequencies.none(30));
        Objective wanting = new Objective(
                RANKING,
                List.of(objective.penalties().get(0), new Penalty(Penalty.Side.DOCUMENTS, flops, 1, Ramp.NONE)));
        DocumentFrequencies sample = DocumentFrequencies.of(vectors.documents());

        assertThat(wanting.wantsFrequencies(0, 100)).isTrue();
        assertThat(wanting.wantsFrequencies(199, 100)).isFalse();
        assertThat(wanting.wantsFrequencies(200, 100)).isTrue();
        assertThat(objective.wantsFrequencies(0, 100)).isFalse();
        assertThat(wanting.withFrequencies(sample).penalties())
                .containsExactly(
                        objective.penalties().get(0),
                        new Penalty(Penalty.Side.DOCUMENTS, flops.refreshed(sample), 1, Ramp.NONE));
        assertThat(objective.withFrequencies(sample)).isEqualTo(objective);
    }

    @Test
    void statisticsAreThoseOfTheVectors() {
        BatchStatistics statistics =
                objective.evaluate(vectors, Supervision.NONE, 1).statistics();

        double flops = 0;
        double longest = 0;
        for (int term = 0; term < 30; term++) {
            double queries = share(vectors.queries(), term);
            double documents = share(vectors.documents(), term);
            flops += queries * documents;
            longest = Math.max(longest, documents);
        }
        assertThat(statistics.flops()).isCloseTo(flops, within(1e-12));
        assertThat(statistics.longestList()).isCloseTo(longest, within(1e-12));
        assertThat(statistics.queryNonZeros()).isEqualTo(vectors.queries().terms().length / 5.0);
        assertThat(statistics.documentNonZeros()).isEqualTo(vectors.documents().terms().length / 15.0);
    }

    private static double share(SparseMatrix rows, int term) {
        double count = 0;
        for (int row = 0; row < rows.rows(); row++) {
            count += rows.row(row).weight(term) > 0 ? 1 : 0;
        }
        return count / rows.rows();
    }

    @Test
    void lambdasThatWouldRewardDenseVectorsAreRefused() {
        for (double lambda : new double[] {-1e-9, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new Penalty(Penalty.Side.QUERIES, new L1(), lambda, RAMP))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("lambda of l1 is " + lambda);
        }
    }
}
