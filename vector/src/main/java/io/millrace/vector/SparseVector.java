package io.millrace.vector;

import java.util.Arrays;

/**
 * A sparse vector over a vocabulary: strictly ascending unsigned 32-bit term ids, each with a finite weight above 0.
 *
 * <p>Immutable by convention: the arrays are not copied, and neither side may change them after construction. Safe to
 * share between threads.
 *
 * @param ids term ids [nnz], unsigned, strictly ascending
 * @param weights weights [nnz], finite and above 0, in the order of {@code ids}
 */
public record SparseVector(int[] ids, float[] weights) {
    /** Most non-zeros a vector may have; a text never comes near, a hostile request does. */
    public static final int MAX_NON_ZEROS = 65_536;

    /** The vector of a text that matches nothing. */
    public static final SparseVector EMPTY = new SparseVector(new int[0], new float[0]);

    /**
     * Checks every rule of the format.
     *
     * @throws InvalidVectorException if the lengths differ, there are more than {@link #MAX_NON_ZEROS} entries, the ids
     *     do not ascend strictly, or a weight is NaN, infinite, zero or negative
     */
    public SparseVector {
        if (ids.length != weights.length) {
            throw new InvalidVectorException("vector has " + ids.length + " ids but " + weights.length
                    + " weights; send one weight for each id");
        }
        if (ids.length > MAX_NON_ZEROS) {
            throw new InvalidVectorException("vector has " + ids.length + " entries; the limit is " + MAX_NON_ZEROS
                    + ": prune it, or check that it is sparse");
        }
        for (int i = 0; i < ids.length; i++) {
            if (i > 0 && Integer.compareUnsigned(ids[i - 1], ids[i]) >= 0) {
                throw new InvalidVectorException("ids must ascend strictly, but ids[" + (i - 1) + "] = "
                        + Integer.toUnsignedString(ids[i - 1]) + " and ids[" + i + "] = "
                        + Integer.toUnsignedString(ids[i]) + "; sort them and merge duplicates");
            }
            float weight = weights[i];
            // Written so that NaN fails too.
            if (!(weight > 0f && weight < Float.POSITIVE_INFINITY)) {
                throw new InvalidVectorException("weights must be finite and above 0, but weights[" + i + "] = "
                        + weight + " (term " + Integer.toUnsignedString(ids[i]) + "); leave zero terms out");
            }
        }
    }

    /** Number of non-zero weights. */
    public int size() {
        return ids.length;
    }

    /** Whether the vector has no term, and so matches nothing. */
    public boolean isEmpty() {
        return ids.length == 0;
    }

    /** Weight of a term; 0 if the vector does not have it. */
    public float weight(int termId) {
        int low = 0;
        int high = ids.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = Integer.compareUnsigned(ids[middle], termId);
            if (order == 0) {
                return weights[middle];
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return 0f;
    }

    /** Dot product, summed in double over the terms of both in ascending order: the definition all scorers answer to. */
    public double dot(SparseVector other) {
        double sum = 0;
        int i = 0;
        int j = 0;
        while (i < ids.length && j < other.ids.length) {
            int order = Integer.compareUnsigned(ids[i], other.ids[j]);
            if (order == 0) {
                sum += (double) weights[i++] * other.weights[j++];
            } else if (order < 0) {
                i++;
            } else {
                j++;
            }
        }
        return sum;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof SparseVector v && Arrays.equals(ids, v.ids) && Arrays.equals(weights, v.weights);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(ids) + Arrays.hashCode(weights);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < Math.min(size(), 16); i++) {
            text.append(i == 0 ? "" : ", ")
                    .append(Integer.toUnsignedString(ids[i]))
                    .append(": ")
                    .append(weights[i]);
        }
        return text.append(size() > 16 ? ", … " + size() + " terms}" : "}").toString();
    }
}
