package io.millrace.model.generation;

import java.util.SplittableRandom;

/**
 * How the next token is chosen.
 *
 * @param topTokens of the likeliest tokens one is drawn by its probability; 1 = always the likeliest
 * @param maxTokens most tokens written
 * @param seed of the draws, which are the same for the same text whatever else is in the batch
 */
public record Sampling(int topTokens, int maxTokens, long seed) {
    /** What docT5query is sampled with (Nogueira and Lin 2019): one of the ten likeliest tokens, up to 64 of them. */
    public static final Sampling DOC_T5_QUERY = new Sampling(10, 64, 0);

    /** Refuses counts below 1. */
    public Sampling {
        if (topTokens < 1 || maxTokens < 1) {
            throw new IllegalArgumentException(
                    "topTokens and maxTokens must be at least 1, but are " + topTokens + " and " + maxTokens);
        }
    }

    /** Always the likeliest token. */
    public static Sampling greedy(int maxTokens) {
        return new Sampling(1, maxTokens, 0);
    }

    /** The same with other draws. */
    public Sampling withSeed(long other) {
        return new Sampling(topTokens, maxTokens, other);
    }

    /**
     * Chooses among tokens.
     *
     * @param logits of all tokens
     * @param step number of tokens written before
     */
    int choose(float[] logits, int step) {
        int[] best = likeliest(logits);
        if (best.length == 1) {
            return best[0];
        }
        double[] cumulative = new double[best.length];
        double sum = 0;
        for (int i = 0; i < best.length; i++) {
            sum += Math.exp((double) logits[best[i]] - logits[best[0]]);
            cumulative[i] = sum;
        }
        double drawn = new SplittableRandom(seed * 1_000_003 + step).nextDouble() * sum;
        for (int i = 0; i < best.length; i++) {
            if (drawn < cumulative[i]) {
                return best[i];
            }
        }
        return best[best.length - 1];
    }

    /** The likeliest tokens, the likeliest first, the smaller id first on ties. */
    private int[] likeliest(float[] logits) {
        int[] best = new int[Math.min(topTokens, logits.length)];
        int found = 0;
        // Few of a vocabulary's tokens are ever among the best, so that insertion beats sorting all of them by far.
        for (int token = 0; token < logits.length; token++) {
            if (found == best.length && logits[token] <= logits[best[found - 1]]) {
                continue;
            }
            int at = found < best.length ? found++ : found - 1;
            while (at > 0 && logits[best[at - 1]] < logits[token]) {
                best[at] = best[at - 1];
                at--;
            }
            best[at] = token;
        }
        return best;
    }
}
