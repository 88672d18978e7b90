package io.millrace.trainer.lexical;

import io.millrace.model.head.learned.MissingTerms;
import io.millrace.model.lexical.Bm25;
import io.millrace.trainer.objective.Penalty;
import io.millrace.trainer.schedule.Ramp;
import io.millrace.vector.SparseMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Holds the weights of a text's own tokens up, so that a small model does not lose what BM25 would have found: it drops rare
 * words that it knows little of, and weighs those that it keeps alike, however rare they are. The penalty is
 *
 * <p>R = 1/M Σ max(0, f − w)²
 *
 * <p>over the M distinct own tokens of all texts whose idf is at least {@code leastIdf}, w being a token's weight and f its floor:
 * the weight that the model began with plus {@code gain} times BM25's share, which is idf^p in a query and in a document the
 * saturated frequency tf (k₁ + 1) / (tf + k₁ (1 − b + b · length / average)) times idf^p. BM25 itself has p = 1 in queries and 0
 * in documents. With ½ in both a token is worth alike on either side, which is easier to learn for a model that encodes both.
 * Where a vector lacks the token, the gradient goes through the rectifier (straight-through), since there is no other that could
 * bring it back.
 *
 * <p>Two-sided, the floor is a target: weights above it are pressed down as well, and own tokens of a lower idf count too, with
 * the weight that the model began with as their target. What lifts rare tokens lifts common ones otherwise, and these then
 * outweigh them.
 *
 * <p>An anchor adds {@code anchor} / M Σ (v − w)² over all other terms, v being the weight that the model began with: what lifts
 * own tokens disturbs what stands beside them, and most in texts that are unlike the training's.
 *
 * @param side whose tokens
 * @param lambda λ at the end of its ramp, finite and at least 0
 * @param ramp how λ rises
 * @param gain what BM25's share counts
 * @param idfPower p
 * @param leastIdf idf below which tokens have no share of BM25's; special tokens and the commonest words lie near 0
 * @param twoSided whether weights are pressed down to the floor too
 * @param anchor what deviations of other terms from the weights that the model began with count; 0 leaves them free
 */
public record LexicalFloor(
        Penalty.Side side,
        double lambda,
        Ramp ramp,
        double gain,
        double idfPower,
        double leastIdf,
        boolean twoSided,
        double anchor) {
    /** @throws IllegalArgumentException if a number is negative or not finite */
    public LexicalFloor {
        for (double number : new double[] {lambda, gain, idfPower, leastIdf, anchor}) {
            if (!(number >= 0 && number < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "lambda, gain, idf-power, least-idf and anchor of a lexical floor are "
                                + lambda + ", " + gain + ", " + idfPower + ", " + leastIdf + " and " + anchor
                                + "; they must be finite and at least 0");
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
     * @param began vectors that it gave the texts then [N, V]; not read without an anchor
     * @param statistics what idf and lengths are measured by
     * @param scale factor of the gradients
     * @param gradient for each non-zero of {@code rows}; {@code scale} × ∂R/∂weight is added
     */
    public Pressed press(
            List<OwnTokens> own,
            SparseMatrix rows,
            List<float[]> first,
            SparseMatrix began,
            TokenStatistics statistics,
            double scale,
            float[] gradient) {
        long all = own.stream()
                .flatMapToInt(text -> Arrays.stream(text.tokens()))
                .filter(token -> held(token, statistics))
                .count();
        if (all == 0) {
            return new Pressed(0, Collections.nCopies(own.size(), MissingTerms.NONE));
        }
        double sum = 0;
        List<MissingTerms> missing = new ArrayList<>();
        for (int row = 0; row < own.size(); row++) {
            RowPress press = new RowPress(rows, row, scale / all, gradient);
            OwnTokens text = own.get(row);
            for (int i = 0; i < text.tokens().length; i++) {
                int token = text.tokens()[i];
                if (held(token, statistics)) {
                    double floor = first.get(row)[i] + gain * share(statistics, text, i);
                    press.hold(token, floor, 1, twoSided);
                }
            }
            if (anchor > 0) {
                for (int i = began.offsets()[row]; i < began.offsets()[row + 1]; i++) {
                    press.hold(began.terms()[i], began.weights()[i], anchor, true);
                }
                press.holdOthersAtZero(anchor);
            }
            sum += press.sum();
            missing.add(press.missing());
        }
        return new Pressed(sum / all, missing);
    }

    private boolean held(int token, TokenStatistics statistics) {
        return twoSided || statistics.idf(token) >= leastIdf;
    }

    private double share(TokenStatistics statistics, OwnTokens text, int i) {
        double idf = statistics.idf(text.tokens()[i]);
        if (idf < leastIdf) {
            return 0;
        }
        double weight = Math.pow(idf, idfPower);
        return switch (side) {
            case QUERIES -> weight;
            case DOCUMENTS ->
                weight * Bm25.LUCENE.saturation(text.counts()[i], text.length(), statistics.averageLength());
        };
    }
}
