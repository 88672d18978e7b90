package io.millrace.model.pruning;

import io.millrace.model.contract.PruningContract;
import io.millrace.vector.SparseVector;
import java.util.Arrays;

/**
 * The rules of a {@link PruningContract}, one after the other in the order of its fields; each sees what the ones before
 * it have left. Safe for many threads.
 *
 * <ol>
 *   <li>{@code input_terms_only}: of the terms, those that the text itself has ({@link InputTerms}). If none of them has a
 *       weight, the rule does not apply, and the others see the whole vector.
 *   <li>{@code min_weight}: weights of at least so much.
 *   <li>{@code min_share_of_max}: weights of at least this share of the largest that is left.
 *   <li>{@code mass}: from the heaviest on, until they reach this share of the sum of what is left; the term that reaches it
 *       is kept.
 *   <li>{@code top_terms}: the heaviest so many.
 * </ol>
 *
 * <p>Of equal weights the one of the smaller id counts as the heavier. The heaviest term always stays, so no rule empties a
 * vector that has terms. Thresholds are compared in double, with nothing rounded first.
 *
 * <p>OpenSearch's {@code abs_value}, {@code max_ratio} and {@code top_k} are the second, third and fifth rule, but that
 * {@code abs_value} may drop everything and {@code top_k} keeps any one of equal weights. Its {@code alpha_mass} drops the
 * term that crosses the share, which leaves nothing of a vector whose heaviest term crosses it alone; here that term stays.
 */
public final class Pruning {
    private static final int[] NO_TERMS = {};

    private final PruningContract rules;

    /** With the rules of one role. */
    public Pruning(PruningContract rules) {
        this.rules = rules;
    }

    /** What is kept of a vector whose text's own terms do not matter, or are not known. */
    public SparseVector prune(SparseVector vector) {
        return prune(vector, NO_TERMS);
    }

    /**
     * What is kept of a vector; the same instance if that is all of it.
     *
     * @param inputTerms terms of the text itself, ascending, each once; looked at under {@code input_terms_only}
     */
    public SparseVector prune(SparseVector vector, int[] inputTerms) {
        SparseVector allowed = rules.inputTermsOnly() ? intersection(vector, inputTerms) : vector;
        SparseVector heavy = aboveThreshold(allowed.isEmpty() ? vector : allowed);
        return heaviest(heavy);
    }

    private static SparseVector intersection(SparseVector vector, int[] terms) {
        int[] kept = new int[Math.min(vector.size(), terms.length)];
        int count = 0;
        for (int i = 0, j = 0; i < vector.size() && j < terms.length; ) {
            int order = Integer.compareUnsigned(vector.ids()[i], terms[j]);
            if (order == 0) {
                kept[count++] = i;
            }
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }
        return at(vector, kept, count);
    }

    private SparseVector aboveThreshold(SparseVector vector) {
        if (vector.isEmpty() || (rules.minWeight() == 0 && rules.minShareOfMax() == 0)) {
            return vector;
        }
        float largest = 0;
        int heaviest = 0;
        for (int i = 0; i < vector.size(); i++) {
            if (vector.weights()[i] > largest) {
                largest = vector.weights()[i];
                heaviest = i;
            }
        }
        double threshold = Math.max(rules.minWeight(), rules.minShareOfMax() * largest);
        int[] kept = new int[vector.size()];
        int count = 0;
        for (int i = 0; i < vector.size(); i++) {
            if (i == heaviest || vector.weights()[i] >= threshold) {
                kept[count++] = i;
            }
        }
        return at(vector, kept, count);
    }

    private SparseVector heaviest(SparseVector vector) {
        int most = rules.topTerms() == 0 ? vector.size() : Math.min(rules.topTerms(), vector.size());
        if (most == vector.size() && (rules.mass() == 1 || vector.size() <= 1)) {
            return vector;
        }
        int[] order = heaviestFirst(vector);
        int count = Math.min(most, reaching(vector, order));
        int[] kept = Arrays.copyOf(order, count);
        Arrays.sort(kept);
        return at(vector, kept, count);
    }

    /** How many of the heaviest terms reach the share of the sum. */
    private int reaching(SparseVector vector, int[] order) {
        if (rules.mass() == 1) {
            return order.length;
        }
        double sum = 0;
        for (int i : order) {
            sum += vector.weights()[i];
        }
        // The same additions in the same order, so that the whole mass is reached by the last term and no earlier.
        double reached = 0;
        for (int count = 0; count < order.length; count++) {
            reached += vector.weights()[order[count]];
            if (reached >= rules.mass() * sum) {
                return count + 1;
            }
        }
        return order.length;
    }

    /** Positions by weight descending, then position ascending. */
    private static int[] heaviestFirst(SparseVector vector) {
        long[] keys = new long[vector.size()];
        for (int i = 0; i < keys.length; i++) {
            // The bits of floats above 0 ascend with them.
            keys[i] = (long) ~Float.floatToRawIntBits(vector.weights()[i]) << Integer.SIZE | i;
        }
        Arrays.sort(keys);
        int[] order = new int[keys.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = (int) keys[i];
        }
        return order;
    }

    private static SparseVector at(SparseVector vector, int[] positions, int count) {
        if (count == vector.size()) {
            return vector;
        }
        int[] ids = new int[count];
        float[] weights = new float[count];
        for (int i = 0; i < count; i++) {
            ids[i] = vector.ids()[positions[i]];
            weights[i] = vector.weights()[positions[i]];
        }
        return new SparseVector(ids, weights);
    }
}
