package io.millrace.model.head.learned;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A text's vector while it is learned. Unlike one that is served it may have every term of the vocabulary, as those of a model
 * do that has learned little yet.
 *
 * @param terms ascending
 * @param weights above 0
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record LearnedRow(int[] terms, float[] weights) {
    /** The vector of a text of which no position counts. */
    public static final LearnedRow EMPTY = new LearnedRow(new int[0], new float[0]);

    /**
     * Refuses weights that are none.
     *
     * @throws InvalidVectorException if a weight is not finite and above 0
     */
    public LearnedRow {
        for (float weight : weights) {
            // Written so that NaN fails too.
            if (!(weight > 0f && weight < Float.POSITIVE_INFINITY)) {
                throw new InvalidVectorException("a weight is " + weight + ", but must be finite and above 0");
            }
        }
    }

    /** Number of terms. */
    public int size() {
        return terms.length;
    }

    /** The same values. */
    public static LearnedRow of(SparseVector vector) {
        return new LearnedRow(vector.ids(), vector.weights());
    }

    /**
     * Rows of a batch.
     *
     * @param counts terms of each row
     * @param terms row by row
     * @param weights in the order of {@code terms}
     */
    static List<LearnedRow> cut(int[] counts, int[] terms, float[] weights) {
        List<LearnedRow> rows = new ArrayList<>(counts.length);
        int start = 0;
        for (int count : counts) {
            int end = start + count;
            rows.add(new LearnedRow(Arrays.copyOfRange(terms, start, end), Arrays.copyOfRange(weights, start, end)));
            start = end;
        }
        return rows;
    }

    /**
     * Numbers for each stored weight of rows, with zeros for all other terms: [B, V].
     *
     * @param numbers in the order of each row's terms
     * @param outputs number of terms V
     * @param owner what the result is freed with
     */
    static PtNDArray dense(List<LearnedRow> rows, List<float[]> numbers, int outputs, PtNDManager owner) {
        float[] dense = new float[Math.multiplyExact(rows.size(), outputs)];
        for (int b = 0; b < rows.size(); b++) {
            int[] terms = rows.get(b).terms();
            for (int i = 0; i < terms.length; i++) {
                dense[b * outputs + terms[i]] = numbers.get(b)[i];
            }
        }
        return (PtNDArray) ((NDManager) owner).create(dense, new Shape(rows.size(), outputs));
    }
}
