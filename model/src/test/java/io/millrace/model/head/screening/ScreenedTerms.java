package io.millrace.model.head.screening;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.Saturation;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.Precision;
import io.millrace.model.head.MlmHeadWeights;
import io.millrace.model.head.MlmScreenedHead;
import io.millrace.model.head.Projection;
import io.millrace.model.safetensors.InMemoryTensors;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** A projection [SIZE, width] with a bias, whose terms are screened. */
record ScreenedTerms(int width, float[] projection, float[] bias, LogitAffine affine) {
    /** Number of terms. */
    static final int SIZE = 700;

    /** Biased so that the best logit of a text is a given number above zero for every term, by turns. */
    static ScreenedTerms onTheEdge(int width, float[] projection, float[] text, double... above) {
        float[] bias = new float[SIZE];
        for (int term = 0; term < SIZE; term++) {
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
        return new ScreenedTerms(width, projection, bias, LogitAffine.IDENTITY);
    }

    /** Terms that may have a weight in a text, screened on some axes of a balanced basis. */
    boolean[] alive(KernelLibrary kernels, PtNDManager owner, IValue sample, long axes, float[] text) {
        int rows = text.length / width;
        try (IValue weights = IValue.from(States.array(owner, projection, SIZE, width));
                IValue shifts = IValue.from(States.array(owner, bias, SIZE));
                IValue count = IValue.from(axes);
                IValue tile = IValue.from(512L);
                IValue certain = IValue.from(0.0);
                IValue basis = kernels.callForValue("balanced_basis", weights, sample);
                IValue screen = kernels.callForValue("screen", weights, shifts, sample, basis, count, tile, certain);
                IValue states = IValue.from(States.array(owner, text, rows, width));
                IValue cells = IValue.from((PtNDArray)
                        ((NDManager) owner).create(IntStream.range(0, rows).toArray()));
                IValue texts = IValue.from(1L)) {
            PtNDArray[] result = kernels.callForTuple(owner, "may_live", states, cells, texts, screen);
            assertThat(result[1].toBooleanArray()).containsExactly(false);
            byte[] bytes = result[0].toByteArray();
            boolean[] alive = new boolean[SIZE];
            for (int term = 0; term < SIZE; term++) {
                alive[term] = bytes[term] != 0;
            }
            return alive;
        }
    }

    MlmScreenedHead head(KernelLibrary kernels, PtNDManager owner, ScreeningLimits limits) {
        Projection held = new Projection(
                new Parameters(new InMemoryTensors("memory", new TreeMap<>()), ""),
                TensorSpec.of("projection", SIZE, width),
                Optional.of(States.array(owner, projection, SIZE, width)));
        MlmHeadWeights weights = new MlmHeadWeights(Optional.empty(), held, States.array(owner, bias, SIZE), 1);
        return new MlmScreenedHead(
                kernels,
                weights,
                new HeadContract.Mlm(Pooling.MAX, Saturation.NONE, affine, SIZE),
                Precision.FP32,
                limits);
    }
}
