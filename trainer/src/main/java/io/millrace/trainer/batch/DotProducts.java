package io.millrace.trainer.batch;

/**
 * Dot products of a batch's queries with documents, and the way back from their gradients to the weights'. Products are exact in
 * double and summed by ascending term: a score is bit for bit that of {@link io.millrace.vector.SparseVector#dot}.
 */
public sealed interface DotProducts permits CandidateProducts, BatchProducts {
    /** Products of each query with its own candidates. */
    static DotProducts withCandidates(TrainingVectors vectors) {
        return new CandidateProducts(vectors);
    }

    /** Products of each query with every document of the batch. */
    static DotProducts withBatch(TrainingVectors vectors) {
        return new BatchProducts(vectors);
    }

    /** Number of documents a query is scored with. */
    int documents();

    /**
     * Scores some queries.
     *
     * @param from the first of them
     * @param scores for each its scores [{@link #documents()}], overwritten
     */
    void score(int from, double[][] scores);

    /**
     * Walks back from some queries' scores.
     *
     * @param from the first of them
     * @param ofScores for each the slopes of its scores
     * @param into what they make of the weights' slopes is added here
     */
    void addGradients(int from, double[][] ofScores, VectorGradients into);
}
