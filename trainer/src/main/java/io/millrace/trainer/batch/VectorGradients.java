package io.millrace.trainer.batch;

/**
 * Gradients of a step's objective by every stored weight, gathered in double and rounded once. Mutable, for one thread.
 *
 * @param queries ∂objective/∂weight for each non-zero of the queries
 * @param documents ∂objective/∂weight for each non-zero of the documents
 */
public record VectorGradients(double[] queries, double[] documents) {
    /** Zeros for these vectors. */
    public static VectorGradients of(TrainingVectors vectors) {
        return new VectorGradients(
                new double[vectors.queries().offsets()[vectors.size()]],
                new double[vectors.documents().offsets()[vectors.documents().rows()]]);
    }
}
