package io.millrace.trainer.data;

import java.util.List;
import java.util.Set;

/**
 * A query and what it is trained on.
 *
 * @param query the query
 * @param candidates documents; the first answers the query, the others do not [G]
 * @param scores of the candidates by a teacher [G]; empty if there is none
 * @param relevant ids of all documents that are known to answer the query
 */
public record TrainingExample(Passage query, List<Passage> candidates, List<Float> scores, Set<String> relevant) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if there is no candidate, scores are not as many, or one is not finite
     */
    public TrainingExample {
        candidates = List.copyOf(candidates);
        scores = List.copyOf(scores);
        relevant = Set.copyOf(relevant);
        if (candidates.isEmpty()) {
            throw new IllegalArgumentException("the query '" + query.id() + "' has no candidates");
        }
        if (!scores.isEmpty() && scores.size() != candidates.size()) {
            throw new IllegalArgumentException("the query '" + query.id() + "' has " + candidates.size()
                    + " candidates, but " + scores.size() + " teacher scores; there must be one each, or none");
        }
        for (float score : scores) {
            if (!Float.isFinite(score)) {
                throw new IllegalArgumentException("the query '" + query.id() + "' has the teacher score " + score
                        + "; scores must be finite numbers: score the pair again");
            }
        }
    }

    /** The document that answers the query. */
    public Passage positive() {
        return candidates.getFirst();
    }
}
