package io.millrace.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.vector.SparseMatrix;
import java.util.function.ToDoubleFunction;

/** Gradients held against differences of the function itself. */
public final class Slopes {
    private static final float STEP = 1f / 1024;

    private Slopes() {}

    /** Every slope of a function of these rows' weights is what changing that weight a little does. */
    public static void areDifferencesOf(ToDoubleFunction<SparseMatrix> function, SparseMatrix rows, double[] gradient) {
        assertThat(gradient).hasSize(rows.offsets()[rows.rows()]);
        double largest = 0;
        for (double slope : gradient) {
            largest = Math.max(largest, Math.abs(slope));
        }
        for (int p = 0; p < gradient.length; p++) {
            float above = rows.weights()[p] + STEP;
            float below = rows.weights()[p] - STEP;
            double difference = (function.applyAsDouble(RandomBatches.with(rows, p, above))
                            - function.applyAsDouble(RandomBatches.with(rows, p, below)))
                    / ((double) above - below);
            assertThat(gradient[p]).as("slope of weight %d", p).isCloseTo(difference, within(1e-4 * largest + 1e-9));
        }
    }
}
