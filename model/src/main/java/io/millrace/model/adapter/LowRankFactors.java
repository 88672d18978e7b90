package io.millrace.model.adapter;

import java.util.Arrays;

/** The factors of a {@link LowRankProduct} in memory, as fp32. Not safe for many threads. */
final class LowRankFactors {
    /** Columns computed at once: with r = 64 their part of R takes 128 KiB, within a second-level cache. */
    private static final int BLOCK = 512;

    /** Rows of R that one loop adds up, so that the sum is loaded and stored once for all of them. */
    private static final int UNROLL = 4;

    private final LowRankProduct product;
    private final int rank;
    private final float[][] right;
    private final float[] columnsOfLeft;
    private final float[] sum = new float[BLOCK];

    /**
     * From values.
     *
     * @param right R, from {@link #paddedRows}
     * @param columnsOfLeft the transpose of L of an embedding; else L is read as its rows are asked for
     */
    LowRankFactors(LowRankProduct product, int rank, float[][] right, float[] columnsOfLeft) {
        this.product = product;
        this.rank = rank;
        this.right = right;
        this.columnsOfLeft = columnsOfLeft;
    }

    /** Room for R, with rows of zeros up to a multiple of those that one loop takes. */
    static float[][] paddedRows(int rank, int columns) {
        return new float[(rank + UNROLL - 1) / UNROLL * UNROLL][columns];
    }

    /**
     * Adds the product to rows of the weight.
     *
     * @param weights [count, columns], changed
     * @param beginRow index in the weight of the first row
     */
    void addTo(float[] weights, long beginRow, int count) {
        float[][] left = left(beginRow, count);
        int columns = right.length == 0 ? 0 : right[0].length;
        for (int from = 0; from < columns; from += BLOCK) {
            int width = Math.min(BLOCK, columns - from);
            for (int i = 0; i < count; i++) {
                Arrays.fill(sum, 0);
                for (int k = 0; k < right.length; k += UNROLL) {
                    addRows(left[i], k, from, width);
                }
                int at = i * columns + from;
                for (int j = 0; j < width; j++) {
                    weights[at + j] += product.scale() * sum[j];
                }
            }
        }
    }

    private void addRows(float[] left, int k, int from, int width) {
        float l0 = left[k];
        float l1 = left[k + 1];
        float l2 = left[k + 2];
        float l3 = left[k + 3];
        float[] r0 = right[k];
        float[] r1 = right[k + 1];
        float[] r2 = right[k + 2];
        float[] r3 = right[k + 3];
        for (int j = 0; j < width; j++) {
            sum[j] += l0 * r0[from + j] + l1 * r1[from + j] + l2 * r2[from + j] + l3 * r3[from + j];
        }
    }

    /** Rows of L, padded with zeros as the rows of R are. */
    private float[][] left(long beginRow, int count) {
        float[][] left = new float[count][right.length];
        if (product.embedding()) {
            int rows = columnsOfLeft.length / Math.max(1, rank);
            for (int k = 0; k < rank; k++) {
                for (int i = 0; i < count; i++) {
                    left[i][k] = columnsOfLeft[Math.toIntExact(k * (long) rows + beginRow + i)];
                }
            }
        } else {
            float[] values = product.read(product.b(), beginRow, beginRow + count);
            for (int i = 0; i < count; i++) {
                System.arraycopy(values, i * rank, left[i], 0, rank);
            }
        }
        return left;
    }
}
