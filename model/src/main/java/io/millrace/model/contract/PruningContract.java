package io.millrace.model.contract;

/**
 * Which of a vector's terms are kept. All rules apply, in the order of the fields; the heaviest term always stays.
 *
 * @param inputTermsOnly only terms that are tokens of the text; all of them where none has a weight
 * @param minWeight weights below are dropped; 0 = none
 * @param minShareOfMax weights below this share of the largest are dropped; 0 = none
 * @param mass of the weights' sum, the heaviest terms that together reach this share are kept, the one that reaches it
 *     included; 1 = all
 * @param topTerms most terms kept, those of the largest weight, the smaller id first on ties; 0 = all
 */
public record PruningContract(
        boolean inputTermsOnly, double minWeight, double minShareOfMax, double mass, int topTerms) {
    /** Keeps every term. */
    public static final PruningContract NONE = new PruningContract(false, 0, 0, 1, 0);

    /** Refuses limits out of range. */
    public PruningContract {
        if (topTerms < 0) {
            throw new IllegalArgumentException("top_terms is " + topTerms + ", but must be at least 0 (0 = all)");
        }
        if (!(minWeight >= 0 && minWeight < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("min_weight is " + minWeight + ", but must be finite and at least 0");
        }
        if (!(minShareOfMax >= 0 && minShareOfMax <= 1)) {
            throw new IllegalArgumentException("min_share_of_max is " + minShareOfMax + ", but must be from 0 to 1");
        }
        if (!(mass > 0 && mass <= 1)) {
            throw new IllegalArgumentException("mass is " + mass + ", but must be above 0 and at most 1 (1 = all)");
        }
    }

    /** Only the heaviest terms; 0 = all. */
    public static PruningContract top(int terms) {
        return new PruningContract(false, 0, 0, 1, terms);
    }
}
