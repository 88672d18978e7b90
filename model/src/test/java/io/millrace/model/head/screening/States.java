package io.millrace.model.head.screening;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.batch.TokenBatch;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import java.util.stream.IntStream;

/** States of texts that are not read by any model. */
final class States {
    private States() {}

    static TokenBatch batch(int... lengths) {
        int cells = IntStream.of(lengths).sum();
        BitSet all = new BitSet();
        all.set(0, cells);
        int[] targets = new int[cells];
        Arrays.fill(targets, TokenBatch.NO_TARGET);
        return new TokenBatch(lengths, new int[cells], all, all, targets, new BitSet());
    }

    static PtNDArray array(PtNDManager owner, float[] values, long... shape) {
        try (PtNDArray borrowed = owner.create(FloatBuffer.wrap(values), new Shape(shape), DataType.FLOAT32)) {
            return (PtNDArray) borrowed.duplicate();
        }
    }

    /** Gaussian rows around a common mean, the columns' spread falling off. */
    static float[] states(Random random, int rows, int width) {
        float[] values = new float[rows * width];
        for (int i = 0; i < values.length; i++) {
            double spread = 4.0 / (1 + 8.0 * (i % width) / width);
            values[i] = (float) (random.nextGaussian() * spread + (i % width % 3) - 1);
        }
        return values;
    }

    static float[] gaussian(Random random, int size, double spread) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (random.nextGaussian() * spread);
        }
        return values;
    }
}
