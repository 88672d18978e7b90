package io.millrace.trainer.batch;

/**
 * Dot products of a batch's queries with documents, and the way back from their gradients to the weights'. Products are exact in
 * double and summed by ascending term: a score is bit for bit that of {@link io.millrace.vector.SparseVector#dot}. For one
 * thread.
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
     * Scores one query.
     *
     * @param scores its scores [{@link #documents()}], overwritten
     */
    void score(int query, double[] scores);

    /**
     * Walks back from one query's scores.
     *
     * @param ofScores slopes of its scores
     * @param into what they make of the weights' slopes is added here
     */
    void addGradients(int query, double[] ofScores, VectorGradients into);
}
