package io.millrace.model.head.learned;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.contract.Rectifier;

/**
 * What EPIC pools: the cells, and what logits and maxima are multiplied with.
 *
 * @param cells the cells
 * @param entrance [N, H + 2] by which gradients enter: states, and what the layers of importance and quality gave
 * @param raw what the layer of importance gave [N]
 * @param importance log1p(softplus(raw)) of each cell [N]
 * @param quality of each text [B, 1]
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record EpicCells(PooledCells cells, PtNDArray entrance, float[] raw, PtNDArray importance, PtNDArray quality) {
    private static final Chain CHAIN = new Chain(1);

    /**
     * Of what both layers gave.
     *
     * @param raw of importance [N]
     * @param worth of quality [N], of which the first cells of texts count
     */
    static EpicCells of(PooledCells cells, PtNDArray entrance, float[] raw, float[] worth) {
        float[] importance = new float[raw.length];
        for (int cell = 0; cell < raw.length; cell++) {
            importance[cell] = (float) importance(raw[cell]);
        }
        int[] starts = cells.batch().starts();
        float[] quality = new float[starts.length];
        for (int b = 0; b < starts.length; b++) {
            quality[b] = (float) (1 / (1 + Math.exp(-worth[starts[b]])));
        }
        NDManager arrays = cells.scope();
        return new EpicCells(cells, entrance, raw, (PtNDArray) arrays.create(importance), (PtNDArray)
                arrays.create(quality, new Shape(quality.length, 1)));
    }

    private static double importance(double raw) {
        return CHAIN.after(Chain.rectified(Rectifier.SOFTPLUS, raw));
    }

    /**
     * The gradient of the entrance.
     *
     * @param states gradients by states [N, H]
     * @param byImportance gradients by importances [N]
     * @param byQuality gradients by qualities [B]
     */
    PtNDArray entered(PtNDArray states, float[] byImportance, float[] byQuality) {
        try (PtNDManager local = (PtNDManager) cells.scope().newSubManager()) {
            NDArray all = NDArrays.concat(
                    new NDList(states, column(important(byImportance), local), column(worthy(byQuality), local)), 1);
            all.attach(cells.scope());
            return (PtNDArray) all;
        }
    }

    private static NDArray column(float[] values, PtNDManager owner) {
        return ((NDManager) owner).create(values, new Shape(values.length, 1));
    }

    private float[] important(float[] byImportance) {
        float[] slopes = new float[raw.length];
        for (int cell = 0; cell < slopes.length; cell++) {
            slopes[cell] = (float) (byImportance[cell]
                    * CHAIN.slope(importance(raw[cell]))
                    * Chain.slope(Rectifier.SOFTPLUS, raw[cell]));
        }
        return slopes;
    }

    private float[] worthy(float[] byQuality) {
        float[] slopes = new float[raw.length];
        float[] qualities = quality.toFloatArray();
        int[] starts = cells.batch().starts();
        for (int b = 0; b < starts.length; b++) {
            slopes[starts[b]] = byQuality[b] * qualities[b] * (1 - qualities[b]);
        }
        return slopes;
    }
}
