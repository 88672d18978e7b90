package io.millrace.model.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LinearPackerTest {
    private static final int IN = 96;
    private static final int OUT = 160;

    private static KernelLibrary kernels;
    private static InferenceThreads threads;

    @BeforeAll
    static void start() {
        PyTorchRuntime.start();
        kernels = KernelLibrary.load().orElseThrow();
        threads = InferenceThreads.create(1);
    }

    @AfterAll
    static void close() {
        threads.close();
        kernels.close();
    }

    /** Rows through a layer that sits at slot 3 of a list. */
    private static float[] linear(float[] x, float[] w, float @Nullable [] bias, Precision precision, boolean packed) {
        return threads.call(() -> {
            try (PtNDManager local = PyTorchRuntime.newManager()) {
                LinearPacker packer = new LinearPacker(kernels);
                PtNDArray weight = array(local, w, OUT, IN);
                PtNDArray shift = bias == null ? null : array(local, bias, OUT);
                PtNDArray[] slots = packed
                        ? packer.pack(weight, shift, precision, local)
                        : packer.plain(weight, shift, precision, local);
                PtNDArray[] list = new PtNDArray[2 * LinearPacker.SLOTS];
                Arrays.fill(list, array(local, new float[0], 0));
                System.arraycopy(slots, 0, list, LinearPacker.SLOTS, LinearPacker.SLOTS);
                try (IValue rows = IValue.from(array(local, x, x.length / IN, IN));
                        IValue weights = IValue.listFrom(list);
                        IValue first = IValue.from((long) LinearPacker.SLOTS)) {
                    PtNDArray y = kernels.call(local, "linear_fp32", rows, weights, first);
                    return y.toFloatArray();
                }
            }
        });
    }

    private static PtNDArray array(PtNDManager owner, float[] values, long... shape) {
        try (PtNDArray borrowed = owner.create(java.nio.FloatBuffer.wrap(values), new Shape(shape), DataType.FLOAT32)) {
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

    /** Largest error of any product, as a share of |x| |w|. */
    private static double error(float[] y, float[] x, float[] w, float[] bias) {
        double worst = 0;
        for (int row = 0; row < x.length / IN; row++) {
            for (int out = 0; out < OUT; out++) {
                double sum = bias[out];
                double xx = 0;
                double ww = 0;
                for (int i = 0; i < IN; i++) {
                    double a = x[row * IN + i];
                    double b = w[out * IN + i];
                    sum += a * b;
                    xx += a * a;
                    ww += b * b;
                }
                worst = Math.max(
                        worst, Math.abs(y[row * OUT + out] - sum) / (Math.sqrt(xx * ww) + Math.abs(bias[out])));
            }
        }
        return worst;
    }

    private static double tolerance(Precision precision) {
        return switch (precision) {
            case FP32 -> 1e-6;
            // Rounding to 8 bits is off by 2^-9 at most: of x, of w, and of the result, which may add up to 3 of it.
            case BF16 -> 3.01 / 512;
        };
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void multipliesAndAddsTheBias(Precision precision) {
        Random random = new Random(5);
        float[] x = gaussian(random, 37 * IN);
        float[] w = gaussian(random, OUT * IN);
        float[] bias = gaussian(random, OUT);
        for (boolean packed : new boolean[] {true, false}) {
            assertThat(error(linear(x, w, bias, precision, packed), x, w, bias))
                    .as("packed %s", packed)
                    .isLessThan(tolerance(precision));
            assertThat(error(linear(x, w, null, precision, packed), x, w, new float[OUT]))
                    .as("packed %s, no bias", packed)
                    .isLessThan(tolerance(precision));
        }
    }
}
