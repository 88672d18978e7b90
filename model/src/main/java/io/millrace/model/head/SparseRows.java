package io.millrace.model.head;

import ai.djl.ndarray.NDArray;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Cuts the terms and weights of many texts, one after the other, into vectors. */
final class SparseRows {
    private SparseRows() {}

    /**
     * Vectors of a batch.
     *
     * @param counts terms of each text [B]
     * @param ids term ids, text by text, ascending within each
     * @param weights in the order of {@code ids}
     */
    static List<SparseVector> cut(int[] counts, int[] ids, float[] weights) {
        List<SparseVector> vectors = new ArrayList<>(counts.length);
        int start = 0;
        for (int count : counts) {
            int end = start + count;
            vectors.add(new SparseVector(Arrays.copyOfRange(ids, start, end), Arrays.copyOfRange(weights, start, end)));
            start = end;
        }
        return vectors;
    }

    /** Non-zeros of dense weights [B, V]. */
    static List<SparseVector> nonZeros(NDArray dense) {
        List<SparseVector> vectors = new ArrayList<>();
        int width = (int) dense.getShape().get(1);
        float[] values = dense.toFloatArray();
        int[] ids = new int[width];
        float[] kept = new float[width];
        for (int start = 0; start < values.length; start += width) {
            int count = 0;
            for (int term = 0; term < width; term++) {
                // Written so that NaN stays in, and is refused by the vector.
                if (values[start + term] != 0f) {
                    ids[count] = term;
                    kept[count++] = values[start + term];
                }
            }
            vectors.add(new SparseVector(Arrays.copyOf(ids, count), Arrays.copyOf(kept, count)));
        }
        return vectors;
    }
}
