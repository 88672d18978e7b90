package io.millrace.evaluation.sparsity;

import java.util.HashMap;
import java.util.Map;

/**
 * In how many of some vectors each term occurs. Vectors are given one at a time and not kept. For one thread.
 *
 * <p>With p(v) the share of vectors in which the term v has a weight, the expected number of products that a query and a document
 * have in common, the FLOPs metric, is Σ_v p_q(v) · p_d(v) (Paria et al. 2020; SPLADE, Formal et al. 2021). Any sample of queries
 * and documents will do; figures say what theirs was.
 */
public final class TermCounts {
    /** A count that changes in place. */
    private static final class Count {
        private long value;
    }

    private final Map<Integer, Count> counts = new HashMap<>();
    private long vectors;
    private long nonZeros;

    /**
     * Counts one vector.
     *
     * @param ids its terms, each once
     * @param weights a weight each; terms of weight 0 are not counted
     * @throws IllegalArgumentException if the lengths differ
     */
    public void add(int[] ids, float[] weights) {
        if (ids.length != weights.length) {
            throw new IllegalArgumentException("a vector has " + ids.length + " terms and " + weights.length
                    + " weights; it needs as many of both");
        }
        vectors++;
        for (int i = 0; i < ids.length; i++) {
            if (weights[i] != 0) {
                count(ids[i]);
            }
        }
    }

    /** Counts one vector by its terms, each given once and with a weight that is not 0. */
    public void add(int[] ids) {
        vectors++;
        for (int id : ids) {
            count(id);
        }
    }

    private void count(int id) {
        counts.computeIfAbsent(id, term -> new Count()).value++;
        nonZeros++;
    }

    /** Number of vectors. */
    public long vectors() {
        return vectors;
    }

    /** Mean number of terms with a weight; 0 of no vectors. */
    public double meanNonZeros() {
        return vectors == 0 ? 0 : (double) nonZeros / vectors;
    }

    /** Number of terms that occur. */
    public int terms() {
        return counts.size();
    }

    /** Most vectors that one term occurs in: the length of the longest posting list. */
    public long longestList() {
        return counts.values().stream().mapToLong(count -> count.value).max().orElse(0);
    }

    /**
     * The FLOPs metric of these vectors, as queries, and others, as documents: Σ_v p_q(v) · p_d(v). 0 where either has no vector.
     */
    public double flops(TermCounts documents) {
        if (vectors == 0 || documents.vectors == 0) {
            return 0;
        }
        double products = 0;
        for (Map.Entry<Integer, Count> term : counts.entrySet()) {
            Count other = documents.counts.get(term.getKey());
            if (other != null) {
                // Whole numbers, exact while the sum is below 2^53, so that the order of terms does not matter.
                products += (double) term.getValue().value * other.value;
            }
        }
        return products / ((double) vectors * documents.vectors);
    }
}
