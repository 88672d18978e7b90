package io.millrace.trainer.loss;

import java.util.Arrays;

/**
 * The positive is to be found among negatives (van den Oord et al. 2018, arXiv 1807.03748, eq. 4):
 * −log( exp(s⁺/T) / (exp(s⁺/T) + Σ exp(s⁻/T)) ).
 *
 * <p>Where {@linkplain DocumentIds ids} are given, documents known to be relevant to the query are left out of its negatives,
 * and a document that is in the batch several times counts once: as the query's own candidate if it is one, else where it
 * comes first.
 *
 * @param temperature T, above 0
 * @param hardNegatives whether the query's own candidates after the first count
 * @param others which of the other queries' documents count
 */
public record InfoNce(double temperature, boolean hardNegatives, InBatch others) implements RankingLoss {
    /** Which of the other queries' documents are negatives. */
    public enum InBatch {
        /** None: naver/splade's PairwiseNLL, with hard negatives. */
        NONE,
        /** Their positives: naver/splade's InBatchPairwiseNLL, with hard negatives. */
        POSITIVES,
        /** Their hard negatives: naver/splade's trainer for Hugging Face, and OpenSearch, with hard negatives. */
        NEGATIVES,
        /** All: lsr's MultipleNegativeLoss, sentence-transformers' MultipleNegativesRankingLoss and tevatron, with hard negatives. */
        ALL
    }

    /** @throws IllegalArgumentException if the temperature is not a finite number above 0, or nothing counts as a negative */
    public InfoNce {
        checkTemperature(temperature);
        if (!hardNegatives && others == InBatch.NONE) {
            throw new IllegalArgumentException(
                    "InfoNCE has neither hard nor in-batch negatives and would be constant;" + " choose one of them");
        }
    }

    /** Every other document of the batch is a negative, at temperature 1. */
    public InfoNce() {
        this(1, true, InBatch.ALL);
    }

    @Override
    public String name() {
        String negatives = switch (others) {
            case NONE -> "";
            case POSITIVES -> "_in_batch_positives";
            case NEGATIVES -> "_in_batch_negatives";
            case ALL -> "_in_batch";
        };
        return "info_nce" + negatives + (hardNegatives ? "_hard" : "");
    }

    @Override
    public boolean needsBatch() {
        return others != InBatch.NONE;
    }

    @Override
    public boolean needsTeacher() {
        return false;
    }

    @Override
    public int leastGroup() {
        // Other queries' negatives exist only where queries have negatives; their positives always do.
        return others == InBatch.NONE || others == InBatch.NEGATIVES ? 2 : 1;
    }

    @Override
    public double add(QueryScores query, double scale, double[] gradient) {
        int[] places = places(query);
        double[] logits = new double[places.length]; // then probabilities
        for (int i = 0; i < places.length; i++) {
            logits[i] = query.at(places[i]) / temperature;
        }
        double loss = -Softmax.probabilities(logits);
        double step = scale / temperature;
        // The positive's probability less 1, as minus the sum of the others': exact also where it is nearly 1.
        double negatives = 0;
        for (int i = 1; i < places.length; i++) {
            gradient[places[i]] += step * logits[i];
            negatives += logits[i];
        }
        gradient[places[0]] -= step * negatives;
        return loss;
    }

    /** Places of the positive and of what counts as a negative: own candidates first, so that repeats of them are left out. */
    private int[] places(QueryScores query) {
        DocumentIds.Admission admission = query.admission();
        int own = query.own();
        int group = query.group();
        int[] places = new int[query.documents()];
        int count = 0;
        places[count++] = own;
        if (hardNegatives) {
            for (int place = own + 1; place < own + group; place++) {
                if (admission.admits(place)) {
                    places[count++] = place;
                }
            }
        }
        if (others != InBatch.NONE) {
            for (int place = 0; place < query.documents(); place++) {
                boolean another = place < own || place >= own + group;
                if (another && counts(place % group == 0) && admission.admits(place)) {
                    places[count++] = place;
                }
            }
        }
        return Arrays.copyOf(places, count);
    }

    private boolean counts(boolean positive) {
        return switch (others) {
            case NONE -> false;
            case POSITIVES -> positive;
            case NEGATIVES -> !positive;
            case ALL -> true;
        };
    }

    static void checkTemperature(double temperature) {
        // Written so that NaN fails too.
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "temperature is " + temperature + "; it divides the scores and must be finite and above 0");
        }
    }
}
