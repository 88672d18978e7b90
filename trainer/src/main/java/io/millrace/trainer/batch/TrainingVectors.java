package io.millrace.trainer.batch;

import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseMatrix;

/**
 * The vectors of one training step: Q queries and Q · {@code group} documents. Row {@code q * group + j} of the documents is
 * candidate j of query q; candidate 0 is its positive, the others are its hard negatives.
 *
 * <p>A weight that is not stored is 0 and gets no gradient: it came out of a ReLU that is flat there.
 *
 * @param queries the queries [Q, V]
 * @param documents the candidates [Q · group, V]
 * @param group candidates of each query, its positive included, at least 1
 */
public record TrainingVectors(SparseMatrix queries, SparseMatrix documents, int group) {
    /**
     * Checks the shapes and every weight.
     *
     * @throws IllegalArgumentException if the rows do not make up whole groups, or the vocabularies differ
     * @throws InvalidVectorException if terms do not ascend or lie outside the vocabulary, or a weight is not a finite
     *     number above 0, which is how diverged training shows
     */
    public TrainingVectors {
        if (group < 1) {
            throw new IllegalArgumentException(
                    "a query has " + group + " candidates; it needs its positive at least, so 1 or more");
        }
        if (queries.rows() == 0) {
            throw new IllegalArgumentException("the batch has no query; a step needs one at least");
        }
        if (documents.rows() != (long) queries.rows() * group) {
            throw new IllegalArgumentException("the batch has " + queries.rows() + " queries and " + documents.rows()
                    + " documents, but " + group + " candidates a query make " + (long) queries.rows() * group
                    + "; give each query the same number of candidates, its positive first");
        }
        if (queries.columns() != documents.columns()) {
            throw new IllegalArgumentException("queries have " + queries.columns() + " terms and documents "
                    + documents.columns() + "; both must come from one vocabulary");
        }
        check("query", queries);
        check("document", documents);
    }

    /** Number of queries Q. */
    public int size() {
        return queries.rows();
    }

    /** Number of terms V. */
    public int columns() {
        return queries.columns();
    }

    private static void check(String what, SparseMatrix rows) {
        int[] offsets = rows.offsets();
        int nonZeros = offsets[rows.rows()];
        if (offsets[0] != 0 || nonZeros > rows.terms().length || nonZeros > rows.weights().length) {
            throw new InvalidVectorException("rows of " + what + "s run from " + offsets[0] + " to " + nonZeros
                    + ", but " + rows.terms().length + " terms and " + rows.weights().length + " weights are stored");
        }
        for (int row = 0; row < rows.rows(); row++) {
            if (offsets[row + 1] < offsets[row]) {
                throw new InvalidVectorException(
                        what + " " + row + " ends at " + offsets[row + 1] + ", before it begins at " + offsets[row]);
            }
            int previous = -1;
            for (int p = offsets[row]; p < offsets[row + 1]; p++) {
                int term = rows.terms()[p];
                if (term <= previous || term >= rows.columns()) {
                    throw new InvalidVectorException(what + " " + row + " has term " + term + " after " + previous
                            + "; terms must ascend and lie below " + rows.columns());
                }
                previous = term;
                float weight = rows.weights()[p];
                // Written so that NaN fails too.
                if (!(weight > 0f && weight < Float.POSITIVE_INFINITY)) {
                    throw new InvalidVectorException(what + " " + row + " has weight " + weight + " at term " + term
                            + "; weights must be finite and above 0. If training diverged, lower the learning rate"
                            + " or clip the gradient at a smaller norm");
                }
            }
        }
    }
}
