package io.millrace.trainer.lexical;

import io.millrace.model.head.learned.MissingTerms;
import io.millrace.model.lexical.Bm25;
import io.millrace.trainer.objective.Penalty;
import io.millrace.trainer.schedule.Ramp;
import io.millrace.vector.SparseMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Holds the weights of a text's own tokens up, so that a small model does not lose what BM25 would have found: it drops rare
 * words that it knows little of, and weighs those that it keeps alike, however rare they are. The penalty is
 *
 * <p>R = 1/M Σ max(0, f − w)²
 *
 * <p>over the M distinct own tokens of all texts whose idf is at least {@code leastIdf}, w being a token's weight and f its floor:
 * the weight that the model began with plus {@code gain} times BM25's share, which is the idf in a query and the saturated
 * frequency tf (k₁ + 1) / (tf + k₁ (1 − b + b · length / average)) in a document. Where a vector lacks the token, the gradient
 * goes through the rectifier (straight-through), since there is no other that could bring it back.
 *
 * @param side whose tokens
 * @param lambda λ at the end of its ramp, finite and at least 0
 * @param ramp how λ rises
 * @param gain what BM25's share counts
 * @param leastIdf idf below which tokens have no floor; special tokens and the commonest words lie near 0
 */
public record LexicalFloor(Penalty.Side side, double lambda, Ramp ramp, double gain, double leastIdf) {
    /** @throws IllegalArgumentException if a number is negative or not finite */
    public LexicalFloor {
        for (double number : new double[] {lambda, gain, leastIdf}) {
            if (!(number >= 0 && number < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("lambda, gain and least-idf of a lexical floor are " + lambda + ", "
                        + gain + " and " + leastIdf + "; they must be finite and at least 0");
            }
        }
    }

    /**
     * What the floor makes of a batch.
     *
     * @param value R
     * @param missing of each text, the tokens that its vector lacks, with gradients
     */
    public record Pressed(double value, List<MissingTerms> missing) {
        /** Copies the list. */
        public Pressed {
            missing = List.copyOf(missing);
        }
    }

    /** Name in reports. */
    public String name() {
        return "lexical_floor" + (side == Penalty.Side.QUERIES ? "_queries" : "_documents");
    }

    /** λ at a step, the first being 0. */
    public double lambdaAt(long step) {
        return lambda * ramp.factor(step);
    }

    /**
     * The penalty of texts.
     *
     * @param own distinct tokens of each text
     * @param rows the texts' vectors [N, V]
     * @param first weights that the model gave each of the tokens when it began
     * @param statistics what idf and lengths are measured by
     * @param scale factor of the gradients
     * @param gradient for each non-zero of {@code rows}; {@code scale} × ∂R/∂weight is added
     */
    public Pressed press(
            List<OwnTokens> own,
            SparseMatrix rows,
            List<float[]> first,
            TokenStatistics statistics,
            double scale,
            float[] gradient) {
        long all = own.stream()
                .flatMapToInt(text -> Arrays.stream(text.tokens()))
                .filter(token -> statistics.idf(token) >= leastIdf)
                .count();
        double sum = 0;
        List<MissingTerms> missing = new ArrayList<>();
        for (int row = 0; row < own.size(); row++) {
            OwnTokens text = own.get(row);
            int[] terms = new int[text.tokens().length];
            float[] slopes = new float[terms.length];
            int lacking = 0;
            for (int i = 0; i < terms.length; i++) {
                int token = text.tokens()[i];
                double idf = statistics.idf(token);
                if (idf < leastIdf) {
                    continue;
                }
                int place = place(rows, row, token);
                double floor = first.get(row)[i] + gain * share(idf, text, i, statistics.averageLength());
                double lack = Math.max(0, floor - (place < 0 ? 0 : rows.weights()[place]));
                sum += lack * lack;
                float slope = (float) (-2 * scale * lack / all);
                if (place >= 0) {
                    gradient[place] += slope;
                } else if (lack > 0) {
                    terms[lacking] = token;
                    slopes[lacking++] = slope;
                }
            }
            missing.add(new MissingTerms(Arrays.copyOf(terms, lacking), Arrays.copyOf(slopes, lacking)));
        }
        return new Pressed(all == 0 ? 0 : sum / all, missing);
    }

    private double share(double idf, OwnTokens text, int i, double averageLength) {
        return switch (side) {
            case QUERIES -> idf;
            case DOCUMENTS -> Bm25.LUCENE.saturation(text.counts()[i], text.length(), averageLength);
        };
    }

    /** Where a row has a term; negative if it lacks it. */
    private static int place(SparseMatrix rows, int row, int term) {
        return Arrays.binarySearch(rows.terms(), rows.offsets()[row], rows.offsets()[row + 1], term);
    }
}
