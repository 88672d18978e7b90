package io.millrace.trainer.loss;

import io.millrace.trainer.batch.TrainingVectors;

/**
 * What a step wants of the scores of a query. The loss of a batch is the mean over its queries. Stateless and safe for any
 * thread.
 */
public sealed interface RankingLoss permits MarginMse, KlDivergence, InfoNce, AllPairs {
    /** Name in reports and recipes; says which variant it is. */
    String name();

    /** Whether it compares a query with other queries' documents, too. */
    boolean needsBatch();

    /** Whether it learns from a teacher's scores. */
    boolean needsTeacher();

    /** Fewest candidates a query with which it can learn anything: below, it would be constant. */
    int leastGroup();

    /**
     * The loss of one query.
     *
     * @param query its scores
     * @param scale factor of the gradient, not of the value
     * @param gradient in the places of the scores; {@code scale} × ∂loss/∂score is added
     * @return the loss of this query, unscaled
     */
    double add(QueryScores query, double scale, double[] gradient);

    /**
     * Refuses a batch of which it would learn nothing.
     *
     * @throws IllegalArgumentException if teacher scores are missing, or there are too few candidates
     */
    default void check(TrainingVectors vectors, Supervision supervision) {
        if (needsTeacher() && supervision.teacher() == null) {
            throw new IllegalArgumentException(name() + " learns from a teacher, and the batch has no teacher scores;"
                    + " give a score for each candidate, or choose a loss that needs none, such as InfoNCE");
        }
        if (vectors.group() < leastGroup()) {
            throw new IllegalArgumentException(name() + " compares a query's own candidates and needs " + leastGroup()
                    + " or more; the batch has " + vectors.group() + ", of which it would learn nothing");
        }
    }
}
