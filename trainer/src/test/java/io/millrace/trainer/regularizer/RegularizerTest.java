package io.millrace.trainer.regularizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.batch.RandomBatches;
import io.millrace.trainer.batch.Slopes;
import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RegularizerTest {
    private static final int COLUMNS = 20;
    private static final DocumentFrequencies FREQUENCIES =
            DocumentFrequencies.of(RandomBatches.rows(new Random(99), 50, COLUMNS));

    static Stream<Regularizer> penalties() {
        return Stream.concat(
                Stream.of(
                        new L1(),
                        new AntiZero(),
                        new Flops(RowGrouping.TOGETHER, 6),
                        df(DfFlops.Placement.INSIDE_THE_SQUARE),
                        df(DfFlops.Placement.OUTSIDE_THE_SQUARE)),
                Stream.of(RowGrouping.values()).map(grouping -> new Flops(grouping, 0)));
    }

    private static DfFlops df(DfFlops.Placement placement) {
        return new DfFlops(RowGrouping.BY_CANDIDATE, placement, 0.3, 2, FREQUENCIES);
    }

    private static double value(Regularizer penalty, SparseMatrix rows, int group) {
        return penalty.add(rows, group, 1, new double[rows.terms().length]);
    }

    @ParameterizedTest
    @MethodSource("penalties")
    void slopesAreDifferencesOfThePenalty(Regularizer penalty) {
        for (int group = 1; group < 4; group++) {
            int candidates = group;
            SparseMatrix rows = RandomBatches.rows(new Random(group), 4 * group, COLUMNS);
            double[] gradient = new double[rows.terms().length];
            penalty.add(rows, group, 1, gradient);

            Slopes.areDifferencesOf(changed -> value(penalty, changed, candidates), rows, gradient);
        }
    }

    @ParameterizedTest
    @MethodSource("penalties")
    void theScaleIsOfTheGradientAndWhatIsThereStays(Regularizer penalty) {
        SparseMatrix rows = RandomBatches.rows(new Random(5), 6, COLUMNS);
        double[] once = new double[rows.terms().length];
        double[] thrice = new double[once.length];
        Arrays.fill(thrice, 7);
        double value = penalty.add(rows, 2, 1, once);

        assertThat(penalty.add(rows, 2, 3, thrice)).isEqualTo(value);
        for (int p = 0; p < once.length; p++) {
            assertThat(thrice[p]).isCloseTo(7 + 3 * once[p], within(1e-13));
        }
    }

    @ParameterizedTest
    @EnumSource(RowGrouping.class)
    void forRowsOfOneKindEveryGroupingIsTheDefinition(RowGrouping grouping) {
        SparseMatrix rows = RandomBatches.rows(new Random(6), 5, COLUMNS);

        assertThat(value(new Flops(grouping, 0), rows, 1)).isEqualTo(value(new Flops(), rows, 1));
    }

    @Test
    void groupingsAreSumsOfTheDefinitionOverTheirRows() {
        SparseMatrix rows = RandomBatches.rows(new Random(7), 6, COLUMNS);
        double positives = value(new Flops(), RandomBatches.pick(rows, new int[] {0, 3}), 1);
        double negatives = value(new Flops(), RandomBatches.pick(rows, new int[] {1, 2, 4, 5}), 1);
        double first = value(new Flops(), RandomBatches.pick(rows, new int[] {1, 4}), 1);
        double second = value(new Flops(), RandomBatches.pick(rows, new int[] {2, 5}), 1);

        assertThat(value(new Flops(RowGrouping.POSITIVES_AND_NEGATIVES, 0), rows, 3))
                .isCloseTo((positives + negatives) / 2, within(1e-14));
        assertThat(value(new Flops(RowGrouping.DECODER4LSR, 0), rows, 3))
                .isCloseTo(0.25 * positives + 0.75 * negatives, within(1e-14));
        assertThat(value(new Flops(RowGrouping.BY_CANDIDATE, 0), rows, 3))
                .isCloseTo(positives + first + second, within(1e-14));
    }

    @Test
    void maskedRowsAreLeftInPeaceAndStillCounted() {
        SparseMatrix rows = SparseMatrix.of(
                List.of(
                        new SparseVector(new int[] {1, 2, 3}, new float[] {1, 2, 3}),
                        new SparseVector(new int[] {1, 2}, new float[] {4, 4})),
                COLUMNS);
        double[] gradient = new double[5];

        double value = new Flops(RowGrouping.TOGETHER, 2).add(rows, 1, 1, gradient);

        assertThat(value).isEqualTo((1 + 4 + 9) / 4.0);
        assertThat(gradient).containsExactly(0.5, 1, 1.5, 0, 0);
    }

    @Test
    void frequentTermsWeighMore() {
        DfFlops penalty = df(DfFlops.Placement.INSIDE_THE_SQUARE);

        assertThat(penalty.weight(0)).isZero();
        assertThat(penalty.weight(0.3)).isCloseTo(0.5, within(1e-12));
        assertThat(penalty.weight(1)).isEqualTo(1);
        double previous = 0;
        for (int percent = 1; percent <= 100; percent++) {
            double weight = penalty.weight(percent / 100.0);
            assertThat(weight).isBetween(previous, 1.0);
            previous = weight;
        }
    }

    @Test
    void beforeTheFirstSampleItIsFlops() {
        SparseMatrix rows = RandomBatches.rows(new Random(8), 6, COLUMNS);
        DfFlops penalty = df(DfFlops.Placement.INSIDE_THE_SQUARE).refreshed(DocumentFrequencies.none(COLUMNS));

        assertThat(value(penalty, rows, 2)).isEqualTo(value(new Flops(RowGrouping.BY_CANDIDATE, 0), rows, 2));
    }

    @Test
    void frequenciesAreCountedInDocuments() {
        SparseMatrix sample = RandomBatches.rows(new Random(9), 30, COLUMNS);
        DocumentFrequencies counted = DocumentFrequencies.of(sample);
        for (int term = 0; term < COLUMNS; term++) {
            int documents = 0;
            for (int row = 0; row < 30; row++) {
                documents += sample.row(row).weight(term) > 0 ? 1 : 0;
            }
            assertThat(counted.share(term)).isEqualTo(documents / 30.0);
        }
    }

    @Test
    void antiZeroOfASideWithoutAnyWeightIsInfinite() {
        SparseMatrix nothing = SparseMatrix.of(List.of(SparseVector.EMPTY, SparseVector.EMPTY), COLUMNS);

        assertThat(value(new AntiZero(), nothing, 1)).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(value(new Flops(), nothing, 2)).isZero();
        assertThat(value(new L1(), nothing, 1)).isZero();
    }

    @Test
    void parametersOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new Flops(RowGrouping.TOGETHER, -1)).hasMessageContaining("at most -1 non-zeros");
        for (double alpha : new double[] {0, 1, -0.1, Double.NaN}) {
            assertThatThrownBy(() -> new DfFlops(
                            RowGrouping.TOGETHER, DfFlops.Placement.INSIDE_THE_SQUARE, alpha, 1, FREQUENCIES))
                    .hasMessageContaining("alpha " + alpha);
        }
        assertThatThrownBy(() ->
                        new DfFlops(RowGrouping.TOGETHER, DfFlops.Placement.INSIDE_THE_SQUARE, 0.1, 0, FREQUENCIES))
                .hasMessageContaining("beta 0.0");
        assertThatThrownBy(() -> new DocumentFrequencies(new int[] {3}, 2)).hasMessageContaining("3 of 2 documents");
        SparseMatrix wide = RandomBatches.rows(new Random(1), 2, COLUMNS + 1);
        assertThatThrownBy(() -> value(df(DfFlops.Placement.INSIDE_THE_SQUARE), wide, 1))
                .hasMessageContaining("of 20 terms, the vectors of 21");
    }
}
