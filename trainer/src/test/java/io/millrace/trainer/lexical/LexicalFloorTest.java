package io.millrace.trainer.lexical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

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
        return new LexicalFloor(side, 1, Ramp.NONE, gain, 0.1);
    }

    private double value(LexicalFloor floor, SparseMatrix rows) {
        return floor.press(own, rows, first, statistics, 1, new float[rows.weights().length])
                .value();
    }

    @ParameterizedTest
    @EnumSource
    void slopesAreDifferencesOfThePenalty(Penalty.Side side) {
        LexicalFloor floor = floor(side, 0.7);
        SparseMatrix rows = RandomBatches.rows(random, TEXTS, COLUMNS);
        float[] gradient = new float[rows.weights().length];
        floor.press(own, rows, first, statistics, 3, gradient);

        for (int i = 0; i < gradient.length; i++) {
            float[] more = rows.weights().clone();
            float[] less = rows.weights().clone();
            more[i] += 1e-3f;
            less[i] -= 1e-3f;
            double difference = value(floor, new SparseMatrix(COLUMNS, rows.offsets(), rows.terms(), more))
                    - value(floor, new SparseMatrix(COLUMNS, rows.offsets(), rows.terms(), less));
            assertThat((double) gradient[i]).isCloseTo(3 * difference / (more[i] - less[i]), within(2e-3));
        }
        double lowest = 0;
        for (float slope : gradient) {
            assertThat(slope).as("nothing is pressed down").isNotPositive();
            lowest = Math.min(lowest, slope);
        }
        assertThat(lowest).as("some tokens lie below their floor").isNegative();
    }

    @ParameterizedTest
    @EnumSource
    void whatIsMissingIsTheOwnTokensThatAVectorLacks(Penalty.Side side) {
        SparseMatrix rows = RandomBatches.rows(random, TEXTS, COLUMNS);

        LexicalFloor.Pressed pressed =
                floor(side, 0.7).press(own, rows, first, statistics, 1, new float[rows.weights().length]);

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
                .press(alone, empty, List.of(new float[] {2}), statistics, 1, new float[0]);

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
                    .press(text, row, List.of(new float[] {0.5f}), known, 1, new float[1])
                    .value();

            assertThat(value).isCloseTo(above < 0 ? 0.25 : 0, within(1e-6));
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
