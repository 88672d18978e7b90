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
    private final float[][][] right;
    private final float[] columnsOfLeft;
    private final float[] sum = new float[BLOCK];

    /**
     * From values.
     *
     * @param right R, from {@link #blocks}
     * @param columnsOfLeft the transpose of L of an embedding; else L is read as its rows are asked for
     */
    LowRankFactors(LowRankProduct product, int rank, float[][][] right, float[] columnsOfLeft) {
        this.product = product;
        this.rank = rank;
        this.right = right;
        this.columnsOfLeft = columnsOfLeft;
    }

    /**
     * R [r, columns] in blocks of columns, [block][row][column of the block], with rows of zeros up to a multiple of those
     * that one loop takes. Every array of a block is indexed like the sum, without which the compiler would not know that
     * they do not overlap and use no vector instructions: three times as slow.
     */
    static float[][][] blocks(int rank, int columns, Entries entries) {
        int padded = (rank + UNROLL - 1) / UNROLL * UNROLL;
        float[][][] blocks = new float[(columns + BLOCK - 1) / BLOCK][padded][];
        for (int block = 0; block < blocks.length; block++) {
            int from = block * BLOCK;
            int width = Math.min(BLOCK, columns - from);
            for (int k = 0; k < padded; k++) {
                blocks[block][k] = new float[width];
                for (int j = 0; j < width && k < rank; j++) {
                    blocks[block][k][j] = entries.at(k, from + j);
                }
            }
        }
        return blocks;
    }

    /** Entries of a matrix. */
    interface Entries {
        /** The one in a row and a column. */
        float at(int row, int column);
    }

    /**
     * Adds the product to rows of the weight.
     *
     * @param weights [count, columns], changed
     * @param beginRow index in the weight of the first row
     */
    void addTo(float[] weights, int columns, long beginRow, int count) {
        float[][] left = left(beginRow, count);
        for (int block = 0; block < right.length; block++) {
            float[][] rows = right[block];
            int width = rows[0].length;
            for (int i = 0; i < count; i++) {
                Arrays.fill(sum, 0);
                for (int k = 0; k < rows.length; k += UNROLL) {
                    addRows(sum, left[i], rows, k, width);
                }
                int at = i * columns + block * BLOCK;
                for (int j = 0; j < width; j++) {
                    weights[at + j] += product.scale() * sum[j];
                }
            }
        }
    }

    private static void addRows(float[] sum, float[] left, float[][] rows, int k, int width) {
        float l0 = left[k];
        float l1 = left[k + 1];
        float l2 = left[k + 2];
        float l3 = left[k + 3];
        float[] r0 = rows[k];
        float[] r1 = rows[k + 1];
        float[] r2 = rows[k + 2];
        float[] r3 = rows[k + 3];
        for (int j = 0; j < width; j++) {
            sum[j] += l0 * r0[j] + l1 * r1[j] + l2 * r2[j] + l3 * r3[j];
        }
    }

    /** Rows of L, padded with zeros as the rows of R are. */
    private float[][] left(long beginRow, int count) {
        float[][] left = new float[count][right[0].length];
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
