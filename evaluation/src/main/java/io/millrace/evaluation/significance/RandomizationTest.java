package io.millrace.evaluation.significance;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Fisher's randomisation test of the mean difference, two-sided (Smucker et al. 2007): if both systems were equally good, it would
 * not matter which of them got which of a query's two figures. p is the share of exchanges of such labels that give a mean as far
 * from 0 as the one seen.
 *
 * @param queries number of pairs
 * @param meanDifference mean of ours − theirs
 * @param exchanges how many were tried: all of them, 2^m for m queries that differ, or a sample
 * @param exact whether all were tried
 * @param p the share; of a sample of B, with b as extreme, (b + 1) / (B + 1) (Phipson and Smyth 2010), which is never 0
 */
public record RandomizationTest(int queries, double meanDifference, long exchanges, boolean exact, double p) {
    /** Exchanges that are tried where there are too many to try all. */
    public static final int SAMPLE = 100_000;

    /** Up to so many queries that differ, all exchanges are tried: a million at most. */
    static final int MOST_ENUMERATED = 20;

    // Sums in another order differ in their last bits; what is meant to be equal must count as equal.
    private static final double TOLERANCE = 1e-12;

    /** As {@link #of(double[], double[], int, long)} with {@link #SAMPLE} exchanges. */
    public static RandomizationTest of(double[] ours, double[] theirs, long seed) {
        return of(ours, theirs, SAMPLE, seed);
    }

    /**
     * Tests figures of the same queries in the same order.
     *
     * @param sample exchanges drawn where there are too many to try all, 1 or more
     * @param seed of the sample; the same seed gives the same p
     * @throws IllegalArgumentException if there are no queries, or not as many of both
     */
    public static RandomizationTest of(double[] ours, double[] theirs, int sample, long seed) {
        double[] all = PairedDifferences.of(ours, theirs);
        if (all.length == 0 || sample < 1) {
            throw new IllegalArgumentException(
                    "a randomisation test needs 1 query and 1 exchange or more, but there are " + all.length + " and "
                            + sample);
        }
        double sum = Arrays.stream(all).sum();
        // A pair without difference looks the same when it is exchanged.
        double[] differences = Arrays.stream(all).filter(d -> d != 0).toArray();
        double limit =
                Math.abs(sum) - TOLERANCE * Arrays.stream(all).map(Math::abs).sum();
        if (differences.length <= MOST_ENUMERATED) {
            long total = 1L << differences.length;
            return new RandomizationTest(
                    all.length, sum / all.length, total, true, (double) enumerate(differences, limit) / total);
        }
        long extreme = draw(differences, limit, sample, new SplittableRandom(seed));
        return new RandomizationTest(all.length, sum / all.length, sample, false, (extreme + 1.0) / (sample + 1.0));
    }

    /** Sums of all signs, as pairs of a sum of the first half and one of the second. */
    private static long enumerate(double[] differences, double limit) {
        int half = differences.length / 2;
        double[] first = signedSums(Arrays.copyOfRange(differences, 0, half));
        double[] second = signedSums(Arrays.copyOfRange(differences, half, differences.length));
        long extreme = 0;
        for (double a : first) {
            for (double b : second) {
                if (Math.abs(a + b) >= limit) {
                    extreme++;
                }
            }
        }
        return extreme;
    }

    private static double[] signedSums(double[] differences) {
        double[] sums = new double[1 << differences.length];
        for (int signs = 0; signs < sums.length; signs++) {
            double sum = 0;
            for (int i = 0; i < differences.length; i++) {
                sum += (signs >> i & 1) == 0 ? differences[i] : -differences[i];
            }
            sums[signs] = sum;
        }
        return sums;
    }

    private static long draw(double[] differences, double limit, int sample, SplittableRandom random) {
        long extreme = 0;
        for (int drawn = 0; drawn < sample; drawn++) {
            double sum = 0;
            long signs = 0;
            for (int i = 0; i < differences.length; i++) {
                signs = i % Long.SIZE == 0 ? random.nextLong() : signs >>> 1;
                sum += (signs & 1) == 0 ? differences[i] : -differences[i];
            }
            if (Math.abs(sum) >= limit) {
                extreme++;
            }
        }
        return extreme;
    }
}
