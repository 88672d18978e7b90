package io.millrace.trainer.batch;

import io.millrace.vector.SparseMatrix;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Each query with every document of the batch, by the documents turned around: for each term of a query its list of documents,
 * so that work and memory follow the terms that meet, and not queries × documents × vocabulary.
 */
final class BatchProducts implements DotProducts {
    /** Parts of the vocabulary that are walked back through side by side: some for each of many processors. */
    private static final int PARTS = 64;

    private final SparseMatrix queries;
    private final SparseMatrix documents;
    /** Where each term's list begins, and where the last one ends [V + 1]. */
    private final int[] begins;
    /** Documents, ascending within a list. */
    private final int[] rows;
    /** Their weights, beside them so that reading a list is reading straight on. */
    private final float[] weights;
    /** Where each weight is among the non-zeros of the documents. */
    private final int[] places;

    BatchProducts(TrainingVectors vectors) {
        this.queries = vectors.queries();
        this.documents = vectors.documents();
        int nonZeros = documents.offsets()[documents.rows()];
        this.begins = new int[documents.columns() + 1];
        this.rows = new int[nonZeros];
        this.weights = new float[nonZeros];
        this.places = new int[nonZeros];
        for (int p = 0; p < nonZeros; p++) {
            begins[documents.terms()[p] + 1]++;
        }
        for (int term = 0; term < documents.columns(); term++) {
            begins[term + 1] += begins[term];
        }
        int[] next = begins.clone();
        for (int row = 0; row < documents.rows(); row++) {
            for (int p = documents.offsets()[row]; p < documents.offsets()[row + 1]; p++) {
                int at = next[documents.terms()[p]]++;
                rows[at] = row;
                weights[at] = documents.weights()[p];
                places[at] = p;
            }
        }
    }

    @Override
    public int documents() {
        return documents.rows();
    }

    @Override
    public void score(int from, double[][] scores) {
        IntStream.range(0, scores.length).parallel().forEach(i -> score(from + i, scores[i]));
    }

    private void score(int query, double[] scores) {
        Arrays.fill(scores, 0);
        for (int p = queries.offsets()[query]; p < queries.offsets()[query + 1]; p++) {
            int term = queries.terms()[p];
            double weight = queries.weights()[p];
            for (int at = begins[term]; at < begins[term + 1]; at++) {
                scores[rows[at]] += weight * weights[at];
            }
        }
    }

    @Override
    public void addGradients(int from, double[][] ofScores, VectorGradients into) {
        // A weight belongs to one term, so parts meet nowhere; and each weight gets its queries' shares in their order.
        IntStream.range(0, PARTS).parallel().forEach(part -> addGradients(part, from, ofScores, into));
    }

    private void addGradients(int part, int from, double[][] ofScores, VectorGradients into) {
        for (int i = 0; i < ofScores.length; i++) {
            double[] slopes = ofScores[i];
            for (int p = queries.offsets()[from + i]; p < queries.offsets()[from + i + 1]; p++) {
                int term = queries.terms()[p];
                if (term % PARTS != part) {
                    continue;
                }
                double weight = queries.weights()[p];
                double sum = 0;
                for (int at = begins[term]; at < begins[term + 1]; at++) {
                    double slope = slopes[rows[at]];
                    into.documents()[places[at]] += slope * weight;
                    sum += slope * weights[at];
                }
                into.queries()[p] += sum;
            }
        }
    }
}
