package io.millrace.trainer.lexical;

import io.millrace.model.head.learned.MissingTerms;
import io.millrace.vector.SparseMatrix;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SortedMap;
import java.util.TreeMap;

/** Squares of how far the weights of one vector are from where they are held, each term being held once. */
final class RowPress {
    private final SparseMatrix rows;
    private final int from;
    private final int to;
    private final double scale;
    private final float[] gradient;
    private final BitSet held = new BitSet();
    private final SortedMap<Integer, Float> missing = new TreeMap<>();
    private double sum;

    /**
     * Nothing is held yet.
     *
     * @param rows vectors
     * @param row which of them
     * @param scale factor of the gradients
     * @param gradient of all weights of {@code rows}, which is added to
     */
    RowPress(SparseMatrix rows, int row, double scale, float[] gradient) {
        this.rows = rows;
        this.from = rows.offsets()[row];
        this.to = rows.offsets()[row + 1];
        this.scale = scale;
        this.gradient = gradient;
    }

    /**
     * Holds a term, unless it is held already.
     *
     * @param weight where
     * @param share what its square counts
     * @param fromAbove whether it is pressed down too
     */
    void hold(int term, double weight, double share, boolean fromAbove) {
        if (held.get(term)) {
            return;
        }
        held.set(term);
        int place = Arrays.binarySearch(rows.terms(), from, to, term);
        double lack = weight - (place < 0 ? 0 : rows.weights()[place]);
        if (lack < 0 && !fromAbove) {
            return;
        }
        sum += share * lack * lack;
        float slope = (float) (-2 * scale * share * lack);
        if (place >= 0) {
            gradient[place] += slope;
        } else if (lack > 0) {
            missing.put(term, slope);
        }
    }

    /** Holds every term of the vector that is not held yet at 0. */
    void holdOthersAtZero(double share) {
        for (int i = from; i < to; i++) {
            hold(rows.terms()[i], 0, share, true);
        }
    }

    double sum() {
        return sum;
    }

    MissingTerms missing() {
        int[] terms = new int[missing.size()];
        float[] slopes = new float[terms.length];
        int at = 0;
        for (var entry : missing.entrySet()) {
            terms[at] = entry.getKey();
            slopes[at++] = entry.getValue();
        }
        return new MissingTerms(terms, slopes);
    }
}
