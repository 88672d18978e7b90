package io.millrace.model;

import io.millrace.vector.SparseVector;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Pruning to the heaviest terms. */
final class TopTerms {
    private TopTerms() {}

    /**
     * The heaviest terms of a vector, the smaller id first on ties.
     *
     * @param limit most terms kept; 0 = all
     */
    static SparseVector keep(SparseVector vector, int limit) {
        if (limit == 0 || vector.size() <= limit) {
            return vector;
        }
        int[] kept = IntStream.range(0, vector.size())
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -vector.weights()[i])
                        .thenComparingInt(i -> i))
                .limit(limit)
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
        int[] ids = Arrays.stream(kept).map(i -> vector.ids()[i]).toArray();
        float[] weights = new float[limit];
        for (int i = 0; i < limit; i++) {
            weights[i] = vector.weights()[kept[i]];
        }
        return new SparseVector(ids, weights);
    }
}
