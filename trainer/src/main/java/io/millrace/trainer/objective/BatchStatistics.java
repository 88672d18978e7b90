package io.millrace.trainer.objective;

import io.millrace.trainer.batch.TrainingVectors;
import io.millrace.trainer.regularizer.DocumentFrequencies;
import io.millrace.vector.SparseMatrix;

/**
 * How sparse the vectors of a batch are.
 *
 * @param queryNonZeros mean non-zeros of a query
 * @param documentNonZeros mean non-zeros of a document
 * @param flops Σᵥ p_q(v) p_d(v), p the share of queries or documents that have term v: the expected number of products of a query
 *     with a document (Paria et al. 2020), as far as a batch can tell
 * @param longestList share of the documents that have the most frequent term
 */
public record BatchStatistics(double queryNonZeros, double documentNonZeros, double flops, double longestList) {
    /** Statistics of a batch. */
    static BatchStatistics of(TrainingVectors vectors) {
        SparseMatrix queries = vectors.queries();
        SparseMatrix documents = vectors.documents();
        int[] queryCounts = DocumentFrequencies.of(queries).counts();
        int[] documentCounts = DocumentFrequencies.of(documents).counts();
        long meetings = 0;
        int longest = 0;
        for (int term = 0; term < vectors.columns(); term++) {
            meetings += (long) queryCounts[term] * documentCounts[term];
            longest = Math.max(longest, documentCounts[term]);
        }
        double rows = documents.rows();
        return new BatchStatistics(
                (double) queries.offsets()[queries.rows()] / queries.rows(),
                documents.offsets()[documents.rows()] / rows,
                meetings / (queries.rows() * rows),
                longest / rows);
    }
}
