package io.millrace.model.hybrid;

import io.millrace.model.lexical.Bm25;
import java.util.List;

/**
 * What a hybrid space has beside its model: how lexical weights are made. All of it is fixed for as long as there is a
 * vector made with it, the average length too, or vectors of one index would differ in scale.
 *
 * @param bm25 saturation of repeated terms and of length
 * @param averageLength length of an average document, in terms
 * @param mixingWeight what lexical weights are multiplied with
 */
public record HybridSettings(Bm25 bm25, double averageLength, double mixingWeight) {
    /** Where nothing is known of the documents: between passages (MS MARCO's have some 35 terms) and abstracts (130). */
    public static final double USUAL_LENGTH = 100;

    /** Chosen on collections of several kinds at once; see ARCHITECTURE.md. */
    public static final double DEFAULT_MIXING_WEIGHT = 0.75;

    /** What is used unless something else is asked for. */
    public static final HybridSettings DEFAULT = new HybridSettings(Bm25.LUCENE, USUAL_LENGTH, DEFAULT_MIXING_WEIGHT);

    private static final double MAX_LENGTH = 1e6;
    private static final double LEAST_WEIGHT = 1e-3;
    private static final double MAX_WEIGHT = 1e3;

    /** Refuses numbers out of range, in which every weight is a 32-bit float above 0. */
    public HybridSettings {
        if (!(averageLength >= 1 && averageLength <= MAX_LENGTH)) {
            throw new IllegalArgumentException(
                    "average_length is " + averageLength + "; use 1 to " + (int) MAX_LENGTH + " terms");
        }
        if (!(mixingWeight >= LEAST_WEIGHT && mixingWeight <= MAX_WEIGHT)) {
            throw new IllegalArgumentException(
                    "mixing_weight is " + mixingWeight + "; use " + LEAST_WEIGHT + " to " + (int) MAX_WEIGHT);
        }
        if (bm25.k1() > MAX_WEIGHT) {
            throw new IllegalArgumentException("k1 is " + bm25.k1() + "; use 0 to " + (int) MAX_WEIGHT);
        }
    }

    /**
     * Average length of texts, in terms. Those without a term do not count, because no query finds them by one.
     *
     * @return {@link #USUAL_LENGTH} if none has a term
     */
    public static double averageLength(List<String> texts) {
        long documents = 0;
        long terms = 0;
        for (String text : texts) {
            int length = LexicalTerms.of(text).size();
            documents += length > 0 ? 1 : 0;
            terms += length;
        }
        return documents == 0 ? USUAL_LENGTH : (double) terms / documents;
    }
}
