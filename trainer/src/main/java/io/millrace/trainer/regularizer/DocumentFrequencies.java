package io.millrace.trainer.regularizer;

import io.millrace.vector.SparseMatrix;
import java.util.Arrays;

/**
 * In how many documents each term occurs. While training, they are counted in a sample that is encoded from time to time.
 *
 * @param counts documents that have the term [V]
 * @param documents documents counted; 0 before the first sample
 */
public record DocumentFrequencies(int[] counts, int documents) {
    /** @throws IllegalArgumentException if a term occurs in more documents than were counted */
    public DocumentFrequencies {
        for (int term = 0; term < counts.length; term++) {
            if (counts[term] < 0 || counts[term] > documents) {
                throw new IllegalArgumentException(
                        "term " + term + " occurs in " + counts[term] + " of " + documents + " documents");
            }
        }
    }

    /** Counts the rows of a sample, documents or queries. */
    public static DocumentFrequencies of(SparseMatrix sample) {
        int[] counts = new int[sample.columns()];
        int nonZeros = sample.offsets()[sample.rows()];
        for (int p = 0; p < nonZeros; p++) {
            counts[sample.terms()[p]]++;
        }
        return new DocumentFrequencies(counts, sample.rows());
    }

    /** No sample yet. */
    public static DocumentFrequencies none(int columns) {
        return new DocumentFrequencies(new int[columns], 0);
    }

    /** Share of the documents that have the term. */
    public double share(int term) {
        return (double) counts[term] / documents;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof DocumentFrequencies d && documents == d.documents && Arrays.equals(counts, d.counts);
    }

    @Override
    public int hashCode() {
        return 31 * documents + Arrays.hashCode(counts);
    }
}
