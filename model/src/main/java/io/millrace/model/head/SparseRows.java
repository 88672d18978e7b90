package io.millrace.model.head;

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
}
