package io.millrace.trainer.validation;

import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.ScoredDocument;
import io.millrace.vector.SparseMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Searches vectors in memory, all of them, term at a time, in double: small collections, and no doubt about the result. */
public final class ExactSearch {
    private final List<String> ids;
    private final int[] starts;
    private final int[] rows;
    private final float[] weights;

    /**
     * Inverts documents.
     *
     * @param documents vectors
     * @param ids of their documents
     */
    public ExactSearch(SparseMatrix documents, List<String> ids) {
        this.ids = ids;
        this.starts = new int[documents.columns() + 1];
        for (int term : documents.terms()) {
            starts[term + 1]++;
        }
        for (int term = 0; term < documents.columns(); term++) {
            starts[term + 1] += starts[term];
        }
        this.rows = new int[documents.terms().length];
        this.weights = new float[rows.length];
        int[] next = Arrays.copyOf(starts, starts.length);
        for (int row = 0; row < documents.rows(); row++) {
            for (int p = documents.offsets()[row]; p < documents.offsets()[row + 1]; p++) {
                int at = next[documents.terms()[p]]++;
                rows[at] = row;
                weights[at] = documents.weights()[p];
            }
        }
    }

    /** The best documents for a row of queries, with a score above 0. */
    public Ranking top(SparseMatrix queries, int query, int depth) {
        double[] scores = new double[ids.size()];
        for (int i = queries.offsets()[query]; i < queries.offsets()[query + 1]; i++) {
            int term = queries.terms()[i];
            for (int p = starts[term]; p < starts[term + 1]; p++) {
                scores[rows[p]] += (double) queries.weights()[i] * weights[p];
            }
        }
        List<ScoredDocument> found = new ArrayList<>();
        IntStream.range(0, scores.length)
                .filter(row -> scores[row] > 0)
                .boxed()
                .sorted((a, b) -> Double.compare(scores[b], scores[a]))
                .limit(depth)
                .forEach(row -> found.add(new ScoredDocument(ids.get(row), (float) scores[row])));
        return Ranking.of(found);
    }
}
