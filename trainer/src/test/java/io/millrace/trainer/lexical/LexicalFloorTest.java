package io.millrace.trainer.lexical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.model.head.learned.MissingTerms;
import io.millrace.trainer.batch.RandomBatches;
import io.millrace.trainer.objective.Penalty;
import io.millrace.trainer.schedule.Ramp;
import io.millrace.vector.SparseMatrix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LexicalFloorTest {
    private static final int COLUMNS = 20;
    private static final int TEXTS = 6;

    private final Random random = new Random(11);
    private final TokenStatistics statistics = statistics();
    private final List<int[]> texts = texts(TEXTS);
    private final List<OwnTokens> own = texts.stream().map(OwnTokens::of).toList();
    private final List<float[]> first = own.stream()
            .map(text -> {
                float[] weights = new float[text.tokens().length];
                for (int i = 0; i < weights.length; i++) {
                    weights[i] = Math.max(0, random.nextFloat() - 0.3f);
                }
                return weights;
            })
            .toList();

    private final SparseMatrix began = RandomBatches.rows(random, TEXTS, COLUMNS);

    private List<int[]> texts(int count) {
        List<int[]> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(random.ints(random.nextInt(1, 12), 0, COLUMNS).toArray());
        }
        return texts;
    }

    private TokenStatistics statistics() {
        TokenStatistics.Counter counter = new TokenStatistics.Counter(COLUMNS);
        // Token 0 is in every document, as special ones are.
        texts(50).forEach(text -> {
            int[] marked = Arrays.copyOf(text, text.length + 1);
            counter.add(marked);
        });
        return counter.statistics();
    }

    private static LexicalFloor floor(Penalty.Side side, double gain) {
        return new LexicalFloor(side, 1, Ramp.NONE, gain, side == Penalty.Side.QUERIES ? 1 : 0, 0.1, false, 0);
    }

    private static LexicalFloor target(Penalty.Side side, double gain) {
        return new LexicalFloor(side, 1, Ramp.NONE, gain, 0.5, 0.1, true, 0);
    }

    private double value(LexicalFloor floor, SparseMatrix rows) {
        return floor.press(own, rows, first, began, statistics, 1, new float[rows.weights().length])
                .value();
    }

    @ParameterizedTest
    @EnumSource
    void slopesAreDifferencesOfThePenalty(Penalty.Side side) {
        LexicalFloor floor = floor(side, 0.7);
        SparseMatrix rows = RandomBatches.rows(random, TEXTS, COLUMNS);
        float[] gradient = new float[rows.weights().length];
        floor.press(own, rows, first, began, statistics, 3, gradient);

        assertSlopes(floor, rows, gradient, 3);
        double lowest = 0;
        for (float slope : gradient) {
            assertThat(slope).as("nothing is pressed down").isNotPositive();
            lowest = Math.min(lowest, slope);
        }
        assertThat(lowest).as("some tokens lie below their floor").isNegative();
    }

    private void assertSlopes(LexicalFloor floor, SparseMatrix rows, float[] gradient, double scale) {
        for (int i = 0; i < gradient.length; i++) {
            float[] more = rows.weights().clone();
            float[] less = rows.weights().clone();
            more[i] += 1e-3f;
            less[i] -= 1e-3f;
            double difference = value(floor, new SparseMatrix(COLUMNS, rows.offsets(), rows.terms(), more))
                    - value(floor, new SparseMatrix(COLUMNS, rows.offsets(), rows.terms(), less));
            assertThat((double) gradient[i]).isCloseTo(scale * difference / (more[i] - less[i]), within(2e-3));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTwoSidedFloorPressesDownTooAndKeepsCommonTokens(Penalty.Side side) {
        LexicalFloor floor = target(side, 0.1);
        SparseMatrix rows = RandomBatches.rows(random, TEXTS, COLUMNS);
        float[] gradient = new float[rows.weights().length];
        floor.press(own, rows, first, began, statistics, 2, gradient);

        assertSlopes(floor, rows, gradient, 2);
        float highest = Float.NEGATIVE_INFINITY;
        float lowest = Float.POSITIVE_INFINITY;
        for (float slope : gradient) {
            highest = Math.max(highest, slope);
            lowest = Math.min(lowest, slope);
        }
        assertThat(highest).isPositive();
        assertThat(lowest).isNegative();

        // Token 0 has no share of BM25's, whatever the gain: its target is the weight that it began with.
        List<OwnTokens> common = List.of(OwnTokens.of(new int[] {0, 0}));
        for (float weight : new float[] {0.5f, 2, 3}) {
            SparseMatrix row = new SparseMatrix(COLUMNS, new int[] {0, 1}, new int[] {0}, new float[] {weight});
            double value = target(side, 5)
                    .press(common, row, List.of(new float[] {2}), row, statistics, 1, new float[1])
                    .value();
            assertThat(value).isCloseTo((weight - 2) * (weight - 2), within(1e-6));
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsMissingIsTheOwnTokensThatAVectorLacks(Penalty.Side side) {
        SparseMatrix rows = RandomBatches.rows(random, TEXTS, COLUMNS);

        LexicalFloor.Pressed pressed =
                floor(side, 0.7).press(own, rows, first, began, statistics, 1, new float[rows.weights().length]);

        for (int row = 0; row < TEXTS; row++) {
            int[] present = Arrays.copyOfRange(rows.terms(), rows.offsets()[row], rows.offsets()[row + 1]);
            int[] expected = Arrays.stream(own.get(row).tokens())
                    .filter(token -> Arrays.binarySearch(present, token) < 0 && statistics.idf(token) >= 0.1)
                    .toArray();
            assertThat(pressed.missing().get(row).terms()).isEqualTo(expected);
            for (float slope : pressed.missing().get(row).gradients()) {
                assertThat(slope).isNegative();
            }
        }
    }

    @Test
    void aTokenOfEveryDocumentHasNoFloor() {
        assertThat(statistics.idf(0)).isLessThan(0.1);
        List<OwnTokens> alone = List.of(OwnTokens.of(new int[] {0, 0}));
        SparseMatrix empty = new SparseMatrix(COLUMNS, new int[] {0, 0}, new int[0], new float[0]);

        LexicalFloor.Pressed pressed = floor(Penalty.Side.QUERIES, 5)
                .press(alone, empty, List.of(new float[] {2}), empty, statistics, 1, new float[0]);

        assertThat(pressed.value()).isZero();
        assertThat(pressed.missing().getFirst().terms()).isEmpty();
    }

    @Test
    void weightsAtTheirFloorCostNothing() {
        // One text of token 7, twice, of average length: tf of 2 gives 2 · 2.2 / (2 + 1.2) = 1.375.
        TokenStatistics known = new TokenStatistics(statistics.frequencies(), 2);
        List<OwnTokens> text = List.of(OwnTokens.of(new int[] {7, 7}));
        for (float above : new float[] {0, 1, -0.5f}) {
            SparseMatrix row =
                    new SparseMatrix(COLUMNS, new int[] {0, 1}, new int[] {7}, new float[] {0.5f + 2 * 1.375f + above});

            double value = floor(Penalty.Side.DOCUMENTS, 2)
                    .press(text, row, List.of(new float[] {0.5f}), row, known, 1, new float[1])
                    .value();

            assertThat(value).isCloseTo(above < 0 ? 0.25 : 0, within(1e-6));
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAnchorHoldsTheOtherTermsWhereTheyWere(Penalty.Side side) {
        SparseMatrix rows = RandomBatches.rows(random, TEXTS, COLUMNS);
        for (boolean twoSided : new boolean[] {false, true}) {
            LexicalFloor free = new LexicalFloor(side, 1, Ramp.NONE, 0.3, 0.5, 0.1, twoSided, 0);
            LexicalFloor held = new LexicalFloor(side, 1, Ramp.NONE, 0.3, 0.5, 0.1, twoSided, 0.7);
            float[] withoutAnchor = new float[rows.weights().length];
            float[] withAnchor = new float[rows.weights().length];

            free.press(own, rows, first, began, statistics, 2, withoutAnchor);
            LexicalFloor.Pressed pressed = held.press(own, rows, first, began, statistics, 2, withAnchor);

            assertSlopes(held, rows, withAnchor, 2);
            assertThat(value(held, rows)).isGreaterThan(value(free, rows));
            int others = 0;
            for (int row = 0; row < TEXTS; row++) {
                for (int term = 0; term < COLUMNS; term++) {
                    if (Arrays.binarySearch(own.get(row).tokens(), term) >= 0
                            && (twoSided || statistics.idf(term) >= 0.1)) {
                        continue;
                    }
                    int now = place(rows, row, term);
                    int then = place(began, row, term);
                    float away = (now < 0 ? 0 : rows.weights()[now]) - (then < 0 ? 0 : began.weights()[then]);
                    if (now >= 0) {
                        others++;
                        assertThat(withoutAnchor[now]).isZero();
                        assertThat(Math.signum(withAnchor[now]))
                                .as("towards where it was")
                                .isEqualTo(Math.signum(away));
                    }
                    MissingTerms missing = pressed.missing().get(row);
                    int lacking = Arrays.binarySearch(missing.terms(), term);
                    assertThat(lacking >= 0).as("what is gone comes back").isEqualTo(now < 0 && then >= 0);
                    if (lacking >= 0) {
                        assertThat(Math.signum(missing.gradients()[lacking])).isEqualTo(Math.signum(away));
                    }
                }
            }
            assertThat(others).isPositive();
        }
    }

    private static int place(SparseMatrix rows, int row, int term) {
        return Arrays.binarySearch(rows.terms(), rows.offsets()[row], rows.offsets()[row + 1], term);
    }

    @ParameterizedTest
    @EnumSource
    void idfCountsByItsPower(Penalty.Side side) {
        TokenStatistics known = new TokenStatistics(statistics.frequencies(), 2);
        double share = side == Penalty.Side.QUERIES ? 1 : 1.375;
        for (double power : new double[] {0, 0.5, 1}) {
            LexicalFloor floor = new LexicalFloor(side, 1, Ramp.NONE, 2, power, 0.1, false, 0);
            double wanted = 0.5 + 2 * share * Math.pow(known.idf(7), power);
            SparseMatrix row = new SparseMatrix(COLUMNS, new int[] {0, 1}, new int[] {7}, new float[] {1f});

            double value = floor.press(
                            List.of(OwnTokens.of(new int[] {7, 7})),
                            row,
                            List.of(new float[] {0.5f}),
                            row,
                            known,
                            1,
                            new float[1])
                    .value();

            assertThat(value).isCloseTo(Math.pow(wanted - 1, 2), within(1e-5));
        }
    }

    @Test
    void twoFloorsOfASideAreRefused() {
        LexicalFloor one = floor(Penalty.Side.QUERIES, 1);

        assertThatThrownBy(() -> new LexicalFloors(Path.of("corpus.jsonl"), List.of(one, one)))
                .hasMessageContaining("give it one");
        assertThatThrownBy(() -> floor(Penalty.Side.QUERIES, Double.NaN)).hasMessageContaining("at least 0");
    }
}
