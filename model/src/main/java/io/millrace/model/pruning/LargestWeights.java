package io.millrace.model.pruning;

import io.millrace.vector.SparseVector;
import java.util.Arrays;
import java.util.List;

/** Joins the vectors of a text's pieces: every term of any of them, with the largest of its weights. */
public final class LargestWeights {
    private LargestWeights() {}

    /**
     * The vector of a text from those of its pieces.
     *
     * @param pieces at least one; a single one is the result itself
     * @throws io.millrace.vector.InvalidVectorException if there are more terms than a vector may have
     */
    public static SparseVector of(List<SparseVector> pieces) {
        SparseVector joined = pieces.getFirst();
        for (SparseVector piece : pieces.subList(1, pieces.size())) {
            joined = larger(joined, piece);
        }
        return joined;
    }

    private static SparseVector larger(SparseVector a, SparseVector b) {
        int[] ids = new int[a.size() + b.size()];
        float[] weights = new float[ids.length];
        int count = 0;
        int i = 0;
        int j = 0;
        while (i < a.size() || j < b.size()) {
            int order = i == a.size() ? 1 : j == b.size() ? -1 : Integer.compareUnsigned(a.ids()[i], b.ids()[j]);
            float left = order <= 0 ? a.weights()[i] : 0;
            float right = order >= 0 ? b.weights()[j] : 0;
            ids[count] = order <= 0 ? a.ids()[i] : b.ids()[j];
            weights[count++] = Math.max(left, right);
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }
        return new SparseVector(Arrays.copyOf(ids, count), Arrays.copyOf(weights, count));
    }
}
