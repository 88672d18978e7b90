package io.millrace.evaluation;

/**
 * A document that a search returned.
 *
 * @param id document id
 * @param score score, higher is better; single precision, because that is what trec_eval compares
 */
public record ScoredDocument(String id, float score) {
    /**
     * Checks the score.
     *
     * @throws IllegalArgumentException if the score is NaN, which has no place in an order
     */
    public ScoredDocument {
        if (Float.isNaN(score)) {
            throw new IllegalArgumentException(
                    "document '" + id + "' has the score NaN, which cannot be ranked; check what computed it");
        }
    }
}
