package io.millrace.model.lexical;

/**
 * BM25 split into a weight of documents and one of queries, whose dot product it is (Robertson and Zaragoza 2009; idf as in
 * Lucene).
 *
 * @param k1 how soon a term's repetitions saturate, at least 0
 * @param b how much longer documents are held back, 0 to 1
 */
public record Bm25(double k1, double b) {
    /** What Anserini uses by default, tuned on MS MARCO passages. */
    public static final Bm25 ANSERINI = new Bm25(0.9, 0.4);

    /** Robertson's own choice, and Lucene's. */
    public static final Bm25 LUCENE = new Bm25(1.2, 0.75);

    /** Refuses values out of range. */
    public Bm25 {
        if (!(k1 >= 0 && k1 < Double.POSITIVE_INFINITY) || !(b >= 0 && b <= 1)) {
            throw new IllegalArgumentException(
                    "k1 must be finite and at least 0 and b from 0 to 1, but they are " + k1 + " and " + b);
        }
    }

    /**
     * Weight of a term of a document: tf · (k1 + 1) / (tf + k1 · (1 − b + b · length / average)). Lucene leaves out the
     * factor k1 + 1, which changes no ranking.
     *
     * @param tf how often it occurs
     * @param length of the document, in terms
     * @param average length of the documents
     */
    public double saturation(int tf, int length, double average) {
        return tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average));
    }

    /** {@link #saturation} as a vector holds it. */
    float documentWeight(int tf, int length, double average) {
        return (float) saturation(tf, length, average);
    }

    /**
     * How rare a term is: ln(1 + (N − df + 0.5) / (df + 0.5)), above 0.
     *
     * @param documents number of documents, N
     * @param frequency number of documents that have it, df; 0 = none yet
     */
    public static double idf(long documents, long frequency) {
        return Math.log1p((documents - frequency + 0.5) / (frequency + 0.5));
    }

    /**
     * Weight of a term of a query: its {@link #idf} as often as it occurs.
     *
     * @param count how often it occurs
     * @param documents number of documents, N
     * @param frequency number of documents that have it, df; 0 = none yet
     */
    static float queryWeight(int count, long documents, long frequency) {
        return (float) (count * idf(documents, frequency));
    }
}
