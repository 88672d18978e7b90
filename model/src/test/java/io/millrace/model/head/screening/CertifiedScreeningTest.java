package io.millrace.model.head.screening;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.engine.OpenedKernels;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseVector;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No term that has a weight is ever ruled out, whatever the weights and states are; nearly all others are. */
class CertifiedScreeningTest {
    @RegisterExtension
    static final OpenedKernels KERNELS = new OpenedKernels();

    private static Outcome screen(ScreenedTerms terms, float[] sample, float[] rows, int... lengths) {
        return Outcome.screen(KERNELS, terms, sample, rows, lengths);
    }

    @ParameterizedTest
    @CsvSource({"8, 12", "33, 40", "64, 700", "128, 900", "128, 64", "300, 1300", "768, 3100"})
    void keepsTermsThatAreBarelyAboveZeroAndRulesOutThoseThatAreNot(int width, int sampled) {
        Random random = new Random(width);
        float[] sample = States.states(random, sampled, width);
        float[] text = States.states(random, 21, width);
        float[] projection = States.gaussian(random, ScreenedTerms.SIZE * width, 0.05);
        // Half of the terms are above zero by one part in a million of a logit, the others far below.
        ScreenedTerms terms = ScreenedTerms.onTheEdge(width, projection, text, 3e-6, -6);
        SparseVector vector =
                screen(terms, sample, text, 21).agrees().screened().getFirst();
        assertThat(IntStream.range(0, ScreenedTerms.SIZE)
                        .filter(term -> vector.weight(term) > 0)
                        .count())
                .isGreaterThan(ScreenedTerms.SIZE / 3);
        assertThat(screen(terms, sample, text, 21).report().survivorsPerText())
                .isBetween(ScreenedTerms.SIZE / 3.0, 0.55 * ScreenedTerms.SIZE);
    }

    @ParameterizedTest
    @CsvSource({"4, 40", "16, 20", "128, 2", "768, 1"})
    void boundsTheWorstRoundingOfBothSides(int width, int seeds) {
        for (int seed = 0; seed < seeds; seed++) {
            boundsTheWorstRounding(width, new Random(seed));
        }
    }

    private static void boundsTheWorstRounding(int width, Random random) {
        // Every state and every weight lies as far from its 8-bit value as it can, all on the side that hides a weight:
        // one
        // column sets the step to 1 on each side, the others are half a step off, in the direction of their product.
        int rows = 33;
        float[] text = new float[rows * width];
        float[] projection = new float[ScreenedTerms.SIZE * width];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < width; i++) {
                int step = random.nextInt(3) - 1;
                text[row * width + i] = i == 0 ? 115.4f : step + (float) Math.copySign(0.499, i % 2 - 0.5);
            }
        }
        for (int term = 0; term < ScreenedTerms.SIZE; term++) {
            for (int i = 0; i < width; i++) {
                int step = random.nextInt(3) - 1;
                double half = Math.copySign(0.499, i % 2 - 0.5);
                projection[term * width + i] = (float) ((i == 0 ? 126 : step + half) * 0.01);
            }
        }
        // A sample of opposite rows has mean 0.
        float[] sample = Arrays.copyOf(text, 2 * text.length);
        for (int i = 0; i < text.length; i++) {
            sample[text.length + i] = -text[i];
        }
        Outcome outcome =
                screen(ScreenedTerms.onTheEdge(width, projection, text, 1e-4, 1e-2, 3e-5), sample, text, 11, 11, 11);
        outcome.agrees();
        assertThat(outcome.report().left()).isZero();
        ScreenedTerms edge = ScreenedTerms.onTheEdge(width, projection, text, 1e-3);
        assertThat(screen(edge, sample, text, rows)
                        .agrees()
                        .screened()
                        .getFirst()
                        .size())
                .isEqualTo(ScreenedTerms.SIZE);
    }

    @ParameterizedTest
    @CsvSource({"64, 32", "128, 92", "128, 8"})
    void boundsWhatTheLastAxesOfABalancedBasisAdd(int width, int axes) {
        Random random = new Random(axes);
        float[] sample = States.states(random, 600, width);
        float[] projection = States.gaussian(random, ScreenedTerms.SIZE * width, 0.05);
        KERNELS.threads().call(() -> {
            try (PtNDManager owner = PyTorchRuntime.newManager();
                    IValue rows = IValue.from(States.array(owner, sample, 600, width));
                    IValue some = IValue.from(States.array(owner, projection, ScreenedTerms.SIZE, width))) {
                PtNDArray[] basis;
                try (IValue balanced = KERNELS.library().callForValue("balanced_basis", some, rows)) {
                    basis = balanced.toTensorArray(owner);
                }
                float[] mean = basis[0].toFloatArray();
                float[] turn = basis[1].toFloatArray();
                float[] inverse = basis[2].toFloatArray();
                // A text with little in the first axes; and every seventh term lies along its last row in the last
                // ones, and is
                // too short to change the basis.
                float[] text = new float[20 * width];
                float[] along = projection.clone();
                double[] k = new double[width];
                for (int row = 0; row < 20; row++) {
                    for (int i = 0; i < width; i++) {
                        k[i] = sample[row * width + i] - mean[i];
                    }
                    float[] turned = new float[width];
                    multiply(turn, k, turned, 0, width, false);
                    for (int i = 0; i < width; i++) {
                        k[i] = i < axes ? turned[i] * 0.05 : turned[i];
                    }
                    multiply(inverse, k, text, row, width, false);
                    for (int i = 0; i < width; i++) {
                        text[row * width + i] += mean[i];
                    }
                }
                for (int term = 0; term < ScreenedTerms.SIZE; term += 7) {
                    for (int i = 0; i < width; i++) {
                        k[i] = i < axes ? random.nextGaussian() * 1e-6 : k[i] * (term == 0 ? 1e-4 : 1);
                    }
                    multiply(turn, k, along, term, width, true);
                }
                ScreenedTerms terms = ScreenedTerms.onTheEdge(width, along, text, 1e-7);
                assertThat(terms.alive(KERNELS.library(), owner, rows, axes, text))
                        .doesNotContain(false);
                assertThat(ScreenedTerms.onTheEdge(width, projection, sample, -40)
                                .alive(KERNELS.library(), owner, rows, axes, sample))
                        .doesNotContain(true);
                return true;
            }
        });
    }

    /** Row of a result: a matrix, or its transpose, times a vector. */
    private static void multiply(float[] matrix, double[] x, float[] result, int row, int width, boolean transposed) {
        for (int i = 0; i < width; i++) {
            double sum = 0;
            for (int j = 0; j < width; j++) {
                sum += matrix[transposed ? j * width + i : i * width + j] * x[j];
            }
            result[row * width + i] = (float) sum;
        }
    }

    /** Rows that vary along few directions, and hardly at all along the others, as a deep network's do. */
    private static float[] alongFew(Random random, int rows, float[] directions, int width) {
        float[] values = new float[rows * width];
        for (int row = 0; row < rows; row++) {
            for (int from = 0; from < directions.length; from += width) {
                float step = (float) random.nextGaussian();
                for (int i = 0; i < width; i++) {
                    values[row * width + i] += step * directions[from + i];
                }
            }
            for (int i = 0; i < width; i++) {
                values[row * width + i] += (float) (random.nextGaussian() * 1e-4 + 0.03);
            }
        }
        return values;
    }

    @Test
    void axesThatStatesHardlyVaryAlongDoNotLoosenBounds() {
        int width = 768;
        Random random = new Random(9);
        float[] directions = States.gaussian(random, 60 * width, 0.01);
        float[] sample = alongFew(random, 3_100, directions, width);
        float[] text = alongFew(random, 64, directions, width);
        // A logit's deviation is about 2.
        ScreenedTerms terms = ScreenedTerms.onTheEdge(
                width, States.gaussian(random, ScreenedTerms.SIZE * width, 0.9), text, 1e-4, -2, -3, -4, -6);
        boolean[] alive = KERNELS.threads().call(() -> {
            try (PtNDManager owner = PyTorchRuntime.newManager();
                    IValue rows = IValue.from(States.array(owner, sample, 3_100, width))) {
                return terms.alive(KERNELS.library(), owner, rows, 200, text);
            }
        });
        for (int term = 0; term < ScreenedTerms.SIZE; term++) {
            assertThat(alive[term]).as("term %d", term).isEqualTo(term % 5 == 0);
        }
    }

    @Test
    void boundsTheRoundingOfStatesFarFromZero() {
        int width = 64;
        Random random = new Random(8);
        // Near 10,000 fp32 has steps of 0.001, and what is screened are differences of 0.01.
        float[] sample = States.states(random, 300, width);
        float[] text = States.states(random, 30, width);
        for (float[] rows : List.of(sample, text)) {
            for (int i = 0; i < rows.length; i++) {
                rows[i] = 10_000 + rows[i] * 0.003f;
            }
        }
        float[] projection = States.gaussian(random, ScreenedTerms.SIZE * width, 0.05);
        for (double above : new double[] {1e-3, 1e-2, -1e-2, 0.1}) {
            screen(ScreenedTerms.onTheEdge(width, projection, text, above, 3 * above), sample, text, 30)
                    .agrees();
        }
    }

    @Test
    void holdsForTextsUnlikeWhatItLearnedFrom() {
        int width = 128;
        Random random = new Random(3);
        float[] projection = States.gaussian(random, ScreenedTerms.SIZE * width, 0.05);
        for (double spread : new double[] {1e-3, 0.3, 1, 2, 10, 1e4}) {
            float[] text = States.states(random, 60, width);
            for (int i = 0; i < text.length; i++) {
                text[i] *= (float) spread;
            }
            ScreenedTerms terms =
                    ScreenedTerms.onTheEdge(width, projection, text, 1e-5 * spread, -3 * spread, -0.1 * spread);
            screen(terms, States.states(random, 700, width), text, 20, 40).agrees();
        }
    }

    @Test
    void holdsForOddWeightsAndStates() {
        int width = 64;
        Random random = new Random(4);
        float[] sample = States.states(random, 300, width);
        float[] text = States.states(random, 32, width);
        // Equal rows, rows of zeros, of subnormals, and one far from the rest.
        for (int i = 0; i < width; i++) {
            text[width + i] = text[i];
            text[2 * width + i] = 0;
            text[3 * width + i] = 1e-41f;
            text[4 * width + i] = i == 5 ? 90 : text[i];
        }
        float[] projection = States.gaussian(random, ScreenedTerms.SIZE * width, 0.05);
        for (int i = 0; i < width; i++) {
            // ScreenedTerms of zeros, of subnormals, of huge values, of one huge value, alike but for their last
            // column.
            projection[i] = 0;
            projection[width + i] = 1e-42f;
            projection[2 * width + i] *= 1e12f;
            projection[3 * width + i] = i == 9 ? 1e6f : 1e-3f;
            projection[5 * width + i] = projection[4 * width + i] + (i == width - 1 ? 1e-7f : 0);
        }
        ScreenedTerms terms = ScreenedTerms.onTheEdge(width, projection, text, 1e-5, 1e-7, -2, 1e-3);
        terms.bias()[6] = -1e30f;
        terms.bias()[7] = 3f;
        terms.bias()[0] = 1e-4f;
        terms.bias()[1] = -1e-4f;
        SparseVector vector =
                screen(terms, sample, text, 32).agrees().screened().getFirst();
        assertThat(vector.weight(6)).isZero();
        assertThat(vector.weight(7)).isGreaterThan(2f);
        assertThat(vector.weight(0)).isEqualTo(1e-4f);
        assertThat(vector.weight(1)).isZero();
        // Nothing but zeros to learn from, and a single row.
        screen(terms, new float[40 * width], text, 32).agrees();
        screen(terms, Arrays.copyOf(text, width), text, 32).agrees();
    }

    @Test
    void scalesAndShiftsLogitsAsTheHeadDoes() {
        int width = 96;
        Random random = new Random(5);
        float[] text = States.states(random, 30, width);
        ScreenedTerms edge = ScreenedTerms.onTheEdge(
                width, States.gaussian(random, ScreenedTerms.SIZE * width, 0.05), text, 1e-4, -4);
        for (double shift : new double[] {-3, 0.5, 3}) {
            float[] bias = edge.bias().clone();
            for (int i = 0; i < ScreenedTerms.SIZE; i++) {
                bias[i] -= (float) (shift / 0.25);
            }
            ScreenedTerms terms = new ScreenedTerms(width, edge.projection(), bias, new LogitAffine(0.25, shift));
            Outcome outcome =
                    screen(terms, States.states(random, 500, width), text, 30).agrees();
            assertThat(outcome.screened().getFirst().size())
                    .isBetween(ScreenedTerms.SIZE / 3, ScreenedTerms.SIZE / 2 + 1);
            assertThat(outcome.report().survivorsPerText()).isLessThan(0.55 * ScreenedTerms.SIZE);
        }
    }

    @Test
    void aTextHasTheSameBitsInAnyCompanyScreenedOrNot() {
        int width = 768;
        Random random = new Random(6);
        float[] projection = States.gaussian(random, ScreenedTerms.SIZE * width, 0.02);
        float[] rows = States.states(random, 107, width);
        float[] bias = new float[ScreenedTerms.SIZE];
        Arrays.fill(bias, -2);
        ScreenedTerms terms = new ScreenedTerms(width, projection, bias, LogitAffine.IDENTITY);
        float[] sample = States.states(random, 200, width);
        List<SparseVector> together =
                screen(terms, sample, rows, 1, 17, 64, 25).agrees().screened();
        int start = 0;
        for (int i = 0; i < 4; i++) {
            int length = new int[] {1, 17, 64, 25}[i];
            float[] alone = Arrays.copyOfRange(rows, start * width, (start + length) * width);
            assertThat(screen(terms, sample, alone, length).agrees().screened()).containsExactly(together.get(i));
            start += length;
        }
        assertThat(together).allMatch(vector -> vector.size() > 10);
    }

    @Test
    void refusesNaNAndInfinityInsteadOfRulingThemOut() {
        int width = 64;
        Random random = new Random(7);
        float[] text = States.states(random, 20, width);
        ScreenedTerms terms =
                ScreenedTerms.onTheEdge(width, States.gaussian(random, ScreenedTerms.SIZE * width, 0.05), text, -9);
        float[] sample = States.states(random, 100, width);
        assertThat(screen(terms, sample, text, 10, 10).agrees().screened()).containsOnly(SparseVector.EMPTY);
        for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] broken = text.clone();
            broken[13 * width + 5] = odd;
            assertThatThrownBy(() -> screen(terms, sample, broken, 10, 10)).isInstanceOf(InvalidVectorException.class);
        }
    }
}
