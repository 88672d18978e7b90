package io.millrace.trainer.batch;

import io.millrace.vector.SparseMatrix;

/** Each query with its own candidates: the work of reading both once. */
final class CandidateProducts implements DotProducts {
    private final int group;
    private final SparseMatrix queries;
    private final SparseMatrix documents;
    /** For each term, 1 + its place among the non-zeros of the query at hand; 0 if that has none. */
    private final int[] placeOfTerm;

    CandidateProducts(TrainingVectors vectors) {
        this.group = vectors.group();
        this.queries = vectors.queries();
        this.documents = vectors.documents();
        this.placeOfTerm = new int[vectors.columns()];
    }

    @Override
    public int documents() {
        return group;
    }

    @Override
    public void score(int from, double[][] scores) {
        for (int i = 0; i < scores.length; i++) {
            score(from + i, scores[i]);
        }
    }

    @Override
    public void addGradients(int from, double[][] ofScores, VectorGradients into) {
        for (int i = 0; i < ofScores.length; i++) {
            addGradients(from + i, ofScores[i], into);
        }
    }

    private void score(int query, double[] scores) {
        mark(query);
        for (int j = 0; j < group; j++) {
            int row = query * group + j;
            double sum = 0;
            for (int p = documents.offsets()[row]; p < documents.offsets()[row + 1]; p++) {
                int place = placeOfTerm[documents.terms()[p]];
                if (place != 0) {
                    sum += (double) queries.weights()[place - 1] * documents.weights()[p];
                }
            }
            scores[j] = sum;
        }
        unmark(query);
    }

    private void addGradients(int query, double[] ofScores, VectorGradients into) {
        mark(query);
        for (int j = 0; j < group; j++) {
            double slope = ofScores[j];
            int row = query * group + j;
            for (int p = documents.offsets()[row]; p < documents.offsets()[row + 1]; p++) {
                int place = placeOfTerm[documents.terms()[p]];
                if (place != 0) {
                    into.documents()[p] += slope * queries.weights()[place - 1];
                    into.queries()[place - 1] += slope * documents.weights()[p];
                }
            }
        }
        unmark(query);
    }

    private void mark(int query) {
        for (int p = queries.offsets()[query]; p < queries.offsets()[query + 1]; p++) {
            placeOfTerm[queries.terms()[p]] = p + 1;
        }
    }

    private void unmark(int query) {
        for (int p = queries.offsets()[query]; p < queries.offsets()[query + 1]; p++) {
            placeOfTerm[queries.terms()[p]] = 0;
        }
    }
}
