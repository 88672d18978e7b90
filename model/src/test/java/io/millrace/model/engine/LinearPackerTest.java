package io.millrace.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.architecture.Activation;
import io.millrace.model.engine.LinearPacker.Inputs;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LinearPackerTest {
    private static final int IN = 96;
    private static final int OUT = 160;

    @RegisterExtension
    static final OpenedKernels KERNELS = new OpenedKernels();

    /** A layer, packed: rows in, rows out. */
    private record Layer(float[] weight, float @Nullable [] bias, Precision precision, boolean packed, Inputs inputs) {
        static Layer of(float[] weight, float @Nullable [] bias, Precision precision) {
            return new Layer(weight, bias, precision, true, Inputs.ANY);
        }

        /** Through a layer that sits at slot 3 of a list. */
        float[] apply(float[] x) {
            return KERNELS.threads().call(() -> {
                try (PtNDManager local = PyTorchRuntime.newManager()) {
                    LinearPacker packer = new LinearPacker(KERNELS.library());
                    PtNDArray w = array(local, weight, OUT, IN);
                    PtNDArray b = bias == null ? null : array(local, bias, OUT);
                    PtNDArray[] slots =
                            packed ? packer.pack(w, b, precision, inputs, local) : packer.plain(w, b, precision, local);
                    PtNDArray[] list = new PtNDArray[2 * LinearPacker.SLOTS];
                    Arrays.fill(list, array(local, new float[0], 0));
                    System.arraycopy(slots, 0, list, LinearPacker.SLOTS, LinearPacker.SLOTS);
                    try (IValue rows = IValue.from(array(local, x, x.length / IN, IN));
                            IValue all = IValue.listFrom(list);
                            IValue first = IValue.from((long) LinearPacker.SLOTS)) {
                        return KERNELS.library()
                                .call(local, "linear_fp32", rows, all, first)
                                .toFloatArray();
                    }
                }
            });
        }

        /** What the weight was rounded to: the outputs of one-hot rows, which every precision represents exactly. */
        float[] rounded() {
            float[] unit = new float[IN * IN];
            for (int i = 0; i < IN; i++) {
                unit[i * IN + i] = 1;
            }
            float[] columns = new Layer(weight, null, precision, packed, Inputs.ANY).apply(unit);
            float[] rounded = new float[weight.length];
            for (int i = 0; i < IN; i++) {
                for (int out = 0; out < OUT; out++) {
                    rounded[out * IN + i] = columns[i * OUT + out];
                }
            }
            return rounded;
        }
    }

    private static PtNDArray array(PtNDManager owner, float[] values, long... shape) {
        try (PtNDArray borrowed = owner.create(FloatBuffer.wrap(values), new Shape(shape), DataType.FLOAT32)) {
            return (PtNDArray) borrowed.duplicate();
        }
    }

    private static float[] gaussian(Random random, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** Largest difference of any result from x W + b in double, as a share of |x| |w| + |b|. */
    private static double error(float[] y, float[] x, float[] w, float @Nullable [] bias) {
        double worst = 0;
        for (int row = 0; row < x.length / IN; row++) {
            for (int out = 0; out < OUT; out++) {
                double shift = bias == null ? 0 : bias[out];
                double sum = shift;
                double xx = 0;
                double ww = 0;
                for (int i = 0; i < IN; i++) {
                    double a = x[row * IN + i];
                    double b = w[out * IN + i];
                    sum += a * b;
                    xx += a * a;
                    ww += b * b;
                }
                double size = Math.sqrt(xx * ww) + Math.abs(shift);
                worst = Math.max(worst, Math.abs(y[row * OUT + out] - sum) / size);
            }
        }
        return worst;
    }

    /** Most that a product of gaussian rows of 96 with a weight that is already rounded may be off, by their norms. */
    private static double activationError(Precision precision) {
        return switch (precision) {
            case FP32 -> 1e-6;
            // Rounding to 8 significant bits is off by 2^-9: of x, and of a result that is no larger than the norms.
            case BF16, FP16 -> 2.01 / 512;
            // Each input is off by half a step of max / 127, so a row by √96 of it; its norm is at least half of √96,
            // and
            // max at most 5.
            case INT8, INT4 -> 5 / 127.0;
        };
    }

    @ParameterizedTest
    @EnumSource(value = Precision.class, mode = EnumSource.Mode.EXCLUDE, names = "FP16")
    void multipliesByARoundedWeightAndAddsTheBias(Precision precision) {
        Random random = new Random(5);
        float[] x = gaussian(random, 37 * IN);
        float[] w = gaussian(random, OUT * IN);
        float[] bias = gaussian(random, OUT);
        for (Layer layer : new Layer[] {
            Layer.of(w, bias, precision), Layer.of(w, null, precision), new Layer(w, bias, precision, false, Inputs.ANY)
        }) {
            assertThat(error(layer.apply(x), x, layer.rounded(), layer.bias()))
                    .as("%s", layer)
                    .isLessThan(activationError(precision));
        }
    }

    @Test
    void roundsWeightsNoFurtherThanItsStep() {
        Random random = new Random(6);
        float[] w = gaussian(random, OUT * IN);
        assertThat(Layer.of(w, null, Precision.FP32).rounded()).isEqualTo(w);
        float[] bf16 = Layer.of(w, null, Precision.BF16).rounded();
        float[] int8 = Layer.of(w, null, Precision.INT8).rounded();
        float[] int4 = Layer.of(w, null, Precision.INT4).rounded();
        for (int out = 0; out < OUT; out++) {
            float most = 0;
            for (int i = out * IN; i < (out + 1) * IN; i++) {
                most = Math.max(most, Math.abs(w[i]));
            }
            for (int i = out * IN; i < (out + 1) * IN; i++) {
                assertThat(bf16[i]).isCloseTo(w[i], org.assertj.core.data.Percentage.withPercentage(100 / 256.0));
                assertThat(Math.abs(int8[i] - w[i])).isLessThanOrEqualTo(most / 127 * 0.5001f);
            }
        }
        // 16 steps over a group's range of some 4.2 standard deviations would be off by 0.081 in the root mean square.
        double squares = 0;
        for (int i = 0; i < w.length; i++) {
            squares += (int4[i] - w[i]) * (int4[i] - w[i]);
        }
        assertThat(Math.sqrt(squares / w.length)).isBetween(0.05, 0.085);
    }

    @ParameterizedTest
    @EnumSource(value = Precision.class, mode = EnumSource.Mode.EXCLUDE, names = "FP16")
    void givesARowTheSameBitsInAnyCompany(Precision precision) {
        Random random = new Random(7);
        float[] x = gaussian(random, 300 * IN);
        // A row of another magnitude must not make its neighbours coarser.
        for (int i = 0; i < IN; i++) {
            x[150 * IN + i] *= 1e6f;
        }
        Layer layer = Layer.of(gaussian(random, OUT * IN), gaussian(random, OUT), precision);
        float[] all = layer.apply(x);
        for (int rows : new int[] {1, 2, 7, 16, 31, 64, 149}) {
            assertThat(layer.apply(Arrays.copyOf(x, rows * IN)))
                    .as("%d rows", rows)
                    .isEqualTo(Arrays.copyOf(all, rows * OUT));
        }
    }

    @Test
    void aKnownFloorMakesIntegersFiner() {
        Random random = new Random(8);
        float[] x = gaussian(random, 64 * IN);
        for (int i = 0; i < x.length; i++) {
            x[i] = Math.max(x[i], -0.17f);
        }
        float[] w = gaussian(random, OUT * IN);
        float[] bias = gaussian(random, OUT);
        for (float[] shift : new float[][] {bias, null}) {
            Layer any = Layer.of(w, shift, Precision.INT8);
            Layer above = new Layer(w, shift, Precision.INT8, true, Inputs.after(Activation.GELU));
            float[] rounded = any.rounded();
            assertThat(error(above.apply(x), x, rounded, shift))
                    .isLessThan(0.7 * error(any.apply(x), x, rounded, shift));
        }
    }

    @Test
    void importantInputsAreRoundedLess() {
        Random random = new Random(9);
        float[] w = gaussian(random, OUT * IN);
        float[] importance = new float[IN];
        Arrays.fill(importance, 1f);
        importance[3] = 10_000f;
        float[] alike = Layer.of(w, null, Precision.INT4).rounded();
        Inputs weighted = Inputs.ANY.withImportance(importance);
        float[] unit = new float[IN];
        unit[3] = 1;
        float[] column = new Layer(w, null, Precision.INT4, true, weighted).apply(unit);
        double before = 0;
        double after = 0;
        for (int out = 0; out < OUT; out++) {
            before += Math.abs(alike[out * IN + 3] - w[out * IN + 3]);
            after += Math.abs(column[out] - w[out * IN + 3]);
        }
        assertThat(after).isLessThan(0.6 * before);
    }

    @ParameterizedTest
    @EnumSource(value = Precision.class, mode = EnumSource.Mode.EXCLUDE, names = "FP16")
    void survivesZerosTinyAndHugeRowsAndPassesNaNOn(Precision precision) {
        Random random = new Random(10);
        float[] w = gaussian(random, OUT * IN);
        float[] bias = gaussian(random, OUT);
        float[] x = new float[4 * IN];
        Arrays.fill(x, IN, 2 * IN, 1e-42f);
        Arrays.fill(x, 2 * IN, 3 * IN, 1e30f);
        x[3 * IN + 5] = Float.NaN;
        float[] y = Layer.of(w, bias, precision).apply(x);
        for (int out = 0; out < OUT; out++) {
            assertThat(y[out]).isCloseTo(bias[out], org.assertj.core.data.Percentage.withPercentage(0.4));
            assertThat(y[OUT + out]).isCloseTo(bias[out], org.assertj.core.data.Percentage.withPercentage(0.4));
            assertThat(y[2 * OUT + out]).isFinite();
            assertThat(y[3 * OUT + out]).isNaN();
        }
    }

    @Test
    void refusesWhatCannotBe() {
        float[] w = new float[OUT * IN];
        assertThatThrownBy(() -> Layer.of(w, null, Precision.FP16).apply(new float[IN]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("fp16")
                .hasMessageContaining("bf16 or int8");
        assertThatThrownBy(() -> new LinearPacker(KERNELS.library())
                        .pack(array(PyTorchRuntime.newManager(), new float[40], 1, 40), null, Precision.INT4, owner()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("40 inputs")
                .hasMessageContaining("multiple of 32");
        assertThatThrownBy(() -> Precision.of("int3"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'int3'")
                .hasMessageContaining("int8");
        assertThat(Precision.of("BF16")).isEqualTo(Precision.BF16);
    }

    private static PtNDManager owner() {
        return PyTorchRuntime.newManager();
    }
}
