package io.millrace.trainer.telemetry;

import io.millrace.trainer.regularizer.DocumentFrequencies;
import io.millrace.vector.SparseMatrix;
import java.nio.IntBuffer;
import java.util.HashSet;
import java.util.Set;

/**
 * What the vectors of sample texts look like, as far as an index cares. Only vectors of different texts say anything here: a
 * text that is in the sample twice makes a model look more alike than it is.
 *
 * @param queries the sample's queries
 * @param documents its documents
 * @param columns number of terms V
 * @param used number of terms that some document of the sample has
 * @param longestList share of the documents that have the most frequent term, which is the length of the longest posting list
 * @param saturated number of terms that at least {@value #SATURATED} of the documents have; they tell documents apart by their
 *     weights alone and cost the longest lists
 * @param flops Σᵥ p_q(v) p_d(v), the expected number of products of a query with a document (Paria et al. 2020)
 */
public record SparsityReport(
        Side queries, Side documents, int columns, int used, double longestList, int saturated, double flops) {
    /** Share of the documents from which on a term counts as saturated. */
    public static final double SATURATED = 0.9;

    /** Share of the vocabulary that no document of the sample has. It falls as the sample grows: compare samples of one size. */
    public double dead() {
        return 1 - (double) used / columns;
    }

    /** Share of the documents that have a term of a query, on average over the queries' terms: what a search has to read. */
    public double touched() {
        return queries.mean == 0 ? 0 : flops / queries.mean;
    }

    /** Mean cosine of two different documents, see {@link Side}. */
    public double likeness() {
        return documents.likeness;
    }

    /**
     * What the vectors of a side look like by themselves.
     *
     * @param vectors number of vectors
     * @param mean non-zeros on average
     * @param empty share of the vectors without any
     * @param distinct number of different sets of terms; all empty ones are one
     * @param likeness mean cosine of two different vectors, empty ones left out; 0 if there are no two
     */
    public record Side(int vectors, double mean, double empty, int distinct, double likeness) {
        static Side of(SparseMatrix rows) {
            int empty = 0;
            Set<IntBuffer> sets = new HashSet<>();
            for (int row = 0; row < rows.rows(); row++) {
                int from = rows.offsets()[row];
                int size = rows.offsets()[row + 1] - from;
                empty += size == 0 ? 1 : 0;
                sets.add(IntBuffer.wrap(rows.terms(), from, size));
            }
            double count = Math.max(1, rows.rows());
            return new Side(
                    rows.rows(),
                    rows.offsets()[rows.rows()] / count,
                    empty / count,
                    sets.size(),
                    SparsityReport.likeness(rows));
        }

        /** Share of the vectors that are another's set of terms again. */
        public double repeated() {
            return vectors == 0 ? 0 : 1 - (double) distinct / vectors;
        }
    }

    /**
     * Looks at the vectors of a sample, of one model.
     *
     * @throws IllegalArgumentException if the vocabularies differ, or there is no query or no document
     */
    public static SparsityReport of(SparseMatrix queries, SparseMatrix documents) {
        if (queries.columns() != documents.columns()) {
            throw new IllegalArgumentException("queries have " + queries.columns() + " terms and documents "
                    + documents.columns() + "; both must come from one model");
        }
        if (queries.rows() == 0 || documents.rows() == 0) {
            throw new IllegalArgumentException("the sample has " + queries.rows() + " queries and " + documents.rows()
                    + " documents; it needs one of each at least");
        }
        int[] queryCounts = DocumentFrequencies.of(queries).counts();
        int[] documentCounts = DocumentFrequencies.of(documents).counts();
        int used = 0;
        int longest = 0;
        int saturated = 0;
        double flops = 0;
        double pairs = (double) queries.rows() * documents.rows();
        for (int term = 0; term < documents.columns(); term++) {
            used += documentCounts[term] > 0 ? 1 : 0;
            longest = Math.max(longest, documentCounts[term]);
            saturated += documentCounts[term] >= SATURATED * documents.rows() ? 1 : 0;
            flops += (double) queryCounts[term] * documentCounts[term] / pairs;
        }
        return new SparsityReport(
                Side.of(queries),
                Side.of(documents),
                documents.columns(),
                used,
                (double) longest / documents.rows(),
                saturated,
                flops);
    }

    /** Over all pairs at once: the square of the sum of the unit vectors is the number of them and twice each pair's cosine. */
    private static double likeness(SparseMatrix rows) {
        double[] sum = new double[rows.columns()];
        int vectors = 0;
        for (int row = 0; row < rows.rows(); row++) {
            double square = 0;
            for (int p = rows.offsets()[row]; p < rows.offsets()[row + 1]; p++) {
                square += (double) rows.weights()[p] * rows.weights()[p];
            }
            vectors += square > 0 ? 1 : 0;
            double length = Math.sqrt(square);
            for (int p = rows.offsets()[row]; p < rows.offsets()[row + 1]; p++) {
                sum[rows.terms()[p]] += rows.weights()[p] / length;
            }
        }
        double square = 0;
        for (double coordinate : sum) {
            square += coordinate * coordinate;
        }
        return vectors < 2 ? 0 : (square - vectors) / ((double) vectors * (vectors - 1));
    }
}
