package io.millrace.model.head.screening;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.Saturation;
import io.millrace.model.engine.OpenedKernels;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.MlmHeadWeights;
import io.millrace.model.head.MlmScreenedHead;
import io.millrace.model.head.Projection;
import io.millrace.model.safetensors.InMemoryTensors;
import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseVector;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No term that has a weight is ever ruled out, whatever the weights and states are; nearly all others are. */
class CertifiedScreeningTest {
    private static final int TERMS = 700;

    @RegisterExtension
    static final OpenedKernels KERNELS = new OpenedKernels();

    /** A projection [TERMS, width] with a bias. */
    private record Terms(int width, float[] projection, float[] bias, LogitAffine affine) {
        /** Biased so that the best logit of a text is a given number above zero for every term, by turns. */
        static Terms onTheEdge(int width, float[] projection, float[] text, double... above) {
            float[] bias = new float[TERMS];
            for (int term = 0; term < TERMS; term++) {
                double best = Double.NEGATIVE_INFINITY;
                for (int row = 0; row < text.length / width; row++) {
                    double sum = 0;
                    for (int i = 0; i < width; i++) {
                        sum += (double) text[row * width + i] * projection[term * width + i];
                    }
                    best = Math.max(best, sum);
                }
                bias[term] = (float) (above[term % above.length] - best);
            }
            return new Terms(width, projection, bias, LogitAffine.IDENTITY);
        }

        /** Terms that may have a weight in a text, screened on some axes of a balanced basis. */
        boolean[] alive(PtNDManager owner, IValue sample, long axes, float[] text) {
            int rows = text.length / width;
            try (IValue weights = IValue.from(array(owner, projection, TERMS, width));
                    IValue shifts = IValue.from(array(owner, bias, TERMS));
                    IValue count = IValue.from(axes);
                    IValue tile = IValue.from(512L);
                    IValue certain = IValue.from(0.0);
                    IValue basis = KERNELS.library().callForValue("balanced_basis", weights, sample);
                    IValue screen = KERNELS.library()
                            .callForValue("screen", weights, shifts, sample, basis, count, tile, certain);
                    IValue states = IValue.from(array(owner, text, rows, width));
                    IValue cells = IValue.from((PtNDArray)
                            ((NDManager) owner).create(IntStream.range(0, rows).toArray()));
                    IValue texts = IValue.from(1L)) {
                PtNDArray[] result = KERNELS.library().callForTuple(owner, "may_live", states, cells, texts, screen);
                assertThat(result[1].toBooleanArray()).containsExactly(false);
                byte[] bytes = result[0].toByteArray();
                boolean[] alive = new boolean[TERMS];
                for (int term = 0; term < TERMS; term++) {
                    alive[term] = bytes[term] != 0;
                }
                return alive;
            }
        }

        MlmScreenedHead head(PtNDManager owner, ScreeningLimits limits) {
            Projection held = new Projection(
                    new Parameters(new InMemoryTensors("memory", new TreeMap<>()), ""),
                    TensorSpec.of("projection", TERMS, width),
                    Optional.of(array(owner, projection, TERMS, width)));
            MlmHeadWeights weights = new MlmHeadWeights(Optional.empty(), held, array(owner, bias, TERMS), 1);
            return new MlmScreenedHead(
                    KERNELS.library(),
                    weights,
                    new HeadContract.Mlm(Pooling.MAX, Saturation.NONE, affine, TERMS),
                    Precision.FP32,
                    limits);
        }
    }

    private record Outcome(List<SparseVector> screened, List<SparseVector> inFull, ScreeningReport report) {
        /** Screened and full vectors have the same bits. */
        Outcome agrees() {
            assertThat(report.screened()).isEqualTo(screened.size());
            assertThat(screened).isEqualTo(inFull);
            return this;
        }
    }

    /** Learns from a sample, then computes texts of a width both ways. */
    private static Outcome screen(Terms terms, float[] sample, float[] rows, int... lengths) {
        return screen(terms, new ScreeningLimits(1, TERMS, false, 0), sample, rows, lengths);
    }

    private static Outcome screen(Terms terms, ScreeningLimits limits, float[] sample, float[] rows, int... lengths) {
        return KERNELS.threads().call(() -> {
            try (PtNDManager owner = PyTorchRuntime.newManager();
                    MlmScreenedHead screening = terms.head(owner, limits);
                    MlmScreenedHead full = terms.head(owner, new ScreeningLimits(Integer.MAX_VALUE, TERMS, false, 0))) {
                int width = terms.width();
                screening.vectors(array(owner, sample, sample.length / width, width), batch(sample.length / width));
                PtNDArray hidden = array(owner, rows, rows.length / width, width);
                return new Outcome(
                        screening.vectors(hidden, batch(lengths)),
                        full.vectors(hidden, batch(lengths)),
                        screening.screening().orElseThrow());
            }
        });
    }

    private static TokenBatch batch(int... lengths) {
        int cells = IntStream.of(lengths).sum();
        BitSet all = new BitSet();
        all.set(0, cells);
        int[] targets = new int[cells];
        Arrays.fill(targets, TokenBatch.NO_TARGET);
        return new TokenBatch(lengths, new int[cells], all, all, targets, new BitSet());
    }

    private static PtNDArray array(PtNDManager owner, float[] values, long... shape) {
        try (PtNDArray borrowed = owner.create(FloatBuffer.wrap(values), new Shape(shape), DataType.FLOAT32)) {
            return (PtNDArray) borrowed.duplicate();
        }
    }

    /** Gaussian rows around a common mean, the columns' spread falling off. */
    private static float[] states(Random random, int rows, int width) {
        float[] values = new float[rows * width];
        for (int i = 0; i < values.length; i++) {
            double spread = 4.0 / (1 + 8.0 * (i % width) / width);
            values[i] = (float) (random.nextGaussian() * spread + (i % width % 3) - 1);
        }
        return values;
    }

    private static float[] gaussian(Random random, int size, double spread) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (random.nextGaussian() * spread);
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({"8, 12", "33, 40", "64, 700", "128, 900", "128, 64", "300, 1300", "768, 3100"})
    void keepsTermsThatAreBarelyAboveZeroAndRulesOutThoseThatAreNot(int width, int sampled) {
        Random random = new Random(width);
        float[] sample = states(random, sampled, width);
        float[] text = states(random, 21, width);
        float[] projection = gaussian(random, TERMS * width, 0.05);
        // Half of the terms are above zero by one part in a million of a logit, the others far below.
        Terms terms = Terms.onTheEdge(width, projection, text, 3e-6, -6);
        SparseVector vector =
                screen(terms, sample, text, 21).agrees().screened().getFirst();
        assertThat(IntStream.range(0, TERMS)
                        .filter(term -> vector.weight(term) > 0)
                        .count())
                .isGreaterThan(TERMS / 3);
        assertThat(screen(terms, sample, text, 21).report().survivorsPerText()).isBetween(TERMS / 3.0, 0.55 * TERMS);
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
        float[] projection = new float[TERMS * width];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < width; i++) {
                int step = random.nextInt(3) - 1;
                text[row * width + i] = i == 0 ? 115.4f : step + (float) Math.copySign(0.499, i % 2 - 0.5);
            }
        }
        for (int term = 0; term < TERMS; term++) {
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
        Outcome outcome = screen(Terms.onTheEdge(width, projection, text, 1e-4, 1e-2, 3e-5), sample, text, 11, 11, 11);
        outcome.agrees();
        assertThat(outcome.report().left()).isZero();
        Terms edge = Terms.onTheEdge(width, projection, text, 1e-3);
        assertThat(screen(edge, sample, text, rows)
                        .agrees()
                        .screened()
                        .getFirst()
                        .size())
                .isEqualTo(TERMS);
    }

    @ParameterizedTest
    @CsvSource({"64, 32", "128, 92", "128, 8"})
    void boundsWhatTheLastAxesOfABalancedBasisAdd(int width, int axes) {
        Random random = new Random(axes);
        float[] sample = states(random, 600, width);
        float[] projection = gaussian(random, TERMS * width, 0.05);
        KERNELS.threads().call(() -> {
            try (PtNDManager owner = PyTorchRuntime.newManager();
                    IValue rows = IValue.from(array(owner, sample, 600, width));
                    IValue some = IValue.from(array(owner, projection, TERMS, width))) {
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
                for (int term = 0; term < TERMS; term += 7) {
                    for (int i = 0; i < width; i++) {
                        k[i] = i < axes ? random.nextGaussian() * 1e-6 : k[i] * (term == 0 ? 1e-4 : 1);
                    }
                    multiply(turn, k, along, term, width, true);
                }
                Terms terms = Terms.onTheEdge(width, along, text, 1e-7);
                assertThat(terms.alive(owner, rows, axes, text)).doesNotContain(false);
                assertThat(Terms.onTheEdge(width, projection, sample, -40).alive(owner, rows, axes, sample))
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
        float[] directions = gaussian(random, 60 * width, 0.01);
        float[] sample = alongFew(random, 3_100, directions, width);
        float[] text = alongFew(random, 64, directions, width);
        // A logit's deviation is about 2.
        Terms terms = Terms.onTheEdge(width, gaussian(random, TERMS * width, 0.9), text, 1e-4, -2, -3, -4, -6);
        boolean[] alive = KERNELS.threads().call(() -> {
            try (PtNDManager owner = PyTorchRuntime.newManager();
                    IValue rows = IValue.from(array(owner, sample, 3_100, width))) {
                return terms.alive(owner, rows, 200, text);
            }
        });
        for (int term = 0; term < TERMS; term++) {
            assertThat(alive[term]).as("term %d", term).isEqualTo(term % 5 == 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"128, 2000", "768, 3100"})
    void probableBoundsLoseNextToNothingAndKeepLess(int width, int sampled) {
        Random random = new Random(10);
        float[] sample = states(random, sampled, width);
        float[] text = states(random, 64, width);
        float[] projection = gaussian(random, TERMS * width, 0.05);
        double[] above =
                IntStream.range(0, 100).mapToDouble(i -> 0.2 - 0.02 * i).toArray();
        Terms terms = Terms.onTheEdge(width, projection, text, above);
        ScreeningLimits certain = new ScreeningLimits(1, TERMS, false, 0);
        Outcome outcome = screen(terms, certain.probable(), sample, text, 64);
        SparseVector kept = outcome.screened().getFirst();
        SparseVector whole = outcome.inFull().getFirst();
        double lost = IntStream.of(whole.ids())
                .filter(id -> kept.weight(id) == 0)
                .mapToDouble(whole::weight)
                .sum();
        assertThat(lost)
                .isLessThan(0.001
                        * IntStream.of(whole.ids()).mapToDouble(whole::weight).sum());
        assertThat(IntStream.of(kept.ids())).allMatch(id -> kept.weight(id) == whole.weight(id));
        assertThat(outcome.report().survivorsPerText())
                .isLessThan(0.8
                        * screen(terms, certain, sample, text, 64)
                                .agrees()
                                .report()
                                .survivorsPerText());
    }

    @Test
    void boundsTheRoundingOfStatesFarFromZero() {
        int width = 64;
        Random random = new Random(8);
        // Near 10,000 fp32 has steps of 0.001, and what is screened are differences of 0.01.
        float[] sample = states(random, 300, width);
        float[] text = states(random, 30, width);
        for (float[] rows : List.of(sample, text)) {
            for (int i = 0; i < rows.length; i++) {
                rows[i] = 10_000 + rows[i] * 0.003f;
            }
        }
        float[] projection = gaussian(random, TERMS * width, 0.05);
        for (double above : new double[] {1e-3, 1e-2, -1e-2, 0.1}) {
            screen(Terms.onTheEdge(width, projection, text, above, 3 * above), sample, text, 30)
                    .agrees();
        }
    }

    @Test
    void holdsForTextsUnlikeWhatItLearnedFrom() {
        int width = 128;
        Random random = new Random(3);
        float[] projection = gaussian(random, TERMS * width, 0.05);
        for (double spread : new double[] {1e-3, 0.3, 1, 2, 10, 1e4}) {
            float[] text = states(random, 60, width);
            for (int i = 0; i < text.length; i++) {
                text[i] *= (float) spread;
            }
            Terms terms = Terms.onTheEdge(width, projection, text, 1e-5 * spread, -3 * spread, -0.1 * spread);
            screen(terms, states(random, 700, width), text, 20, 40).agrees();
        }
    }

    @Test
    void holdsForOddWeightsAndStates() {
        int width = 64;
        Random random = new Random(4);
        float[] sample = states(random, 300, width);
        float[] text = states(random, 32, width);
        // Equal rows, rows of zeros, of subnormals, and one far from the rest.
        for (int i = 0; i < width; i++) {
            text[width + i] = text[i];
            text[2 * width + i] = 0;
            text[3 * width + i] = 1e-41f;
            text[4 * width + i] = i == 5 ? 90 : text[i];
        }
        float[] projection = gaussian(random, TERMS * width, 0.05);
        for (int i = 0; i < width; i++) {
            // Terms of zeros, of subnormals, of huge values, of one huge value, alike but for their last column.
            projection[i] = 0;
            projection[width + i] = 1e-42f;
            projection[2 * width + i] *= 1e12f;
            projection[3 * width + i] = i == 9 ? 1e6f : 1e-3f;
            projection[5 * width + i] = projection[4 * width + i] + (i == width - 1 ? 1e-7f : 0);
        }
        Terms terms = Terms.onTheEdge(width, projection, text, 1e-5, 1e-7, -2, 1e-3);
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
        float[] text = states(random, 30, width);
        Terms edge = Terms.onTheEdge(width, gaussian(random, TERMS * width, 0.05), text, 1e-4, -4);
        for (double shift : new double[] {-3, 0.5, 3}) {
            float[] bias = edge.bias().clone();
            for (int i = 0; i < TERMS; i++) {
                bias[i] -= (float) (shift / 0.25);
            }
            Terms terms = new Terms(width, edge.projection(), bias, new LogitAffine(0.25, shift));
            Outcome outcome =
                    screen(terms, states(random, 500, width), text, 30).agrees();
            assertThat(outcome.screened().getFirst().size()).isBetween(TERMS / 3, TERMS / 2 + 1);
            assertThat(outcome.report().survivorsPerText()).isLessThan(0.55 * TERMS);
        }
    }

    @Test
    void aTextHasTheSameBitsInAnyCompanyScreenedOrNot() {
        int width = 768;
        Random random = new Random(6);
        float[] projection = gaussian(random, TERMS * width, 0.02);
        float[] rows = states(random, 107, width);
        float[] bias = new float[TERMS];
        Arrays.fill(bias, -2);
        Terms terms = new Terms(width, projection, bias, LogitAffine.IDENTITY);
        float[] sample = states(random, 200, width);
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
        float[] text = states(random, 20, width);
        Terms terms = Terms.onTheEdge(width, gaussian(random, TERMS * width, 0.05), text, -9);
        float[] sample = states(random, 100, width);
        assertThat(screen(terms, sample, text, 10, 10).agrees().screened()).containsOnly(SparseVector.EMPTY);
        for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] broken = text.clone();
            broken[13 * width + 5] = odd;
            assertThatThrownBy(() -> screen(terms, sample, broken, 10, 10)).isInstanceOf(InvalidVectorException.class);
        }
    }
}
