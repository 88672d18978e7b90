package io.millrace.evaluation.significance;

/**
 * Student's paired t-test, two-sided.
 *
 * @param queries number of pairs
 * @param meanDifference mean of ours − theirs
 * @param t the mean over its standard error; 0 where nothing differs, infinite where all pairs differ by the same
 * @param p probability of a t as far from 0 if both systems were equally good
 */
public record PairedTTest(int queries, double meanDifference, double t, double p) {
    /**
     * Tests figures of the same queries in the same order.
     *
     * @throws IllegalArgumentException if there are fewer than two queries, or not as many of both
     */
    public static PairedTTest of(double[] ours, double[] theirs) {
        double[] differences = PairedDifferences.of(ours, theirs);
        int n = differences.length;
        if (n < 2) {
            throw new IllegalArgumentException("a paired t-test needs 2 queries or more, but there are " + n);
        }
        double sum = 0;
        for (double difference : differences) {
            sum += difference;
        }
        double mean = sum / n;
        double squares = 0;
        for (double difference : differences) {
            squares += (difference - mean) * (difference - mean);
        }
        if (mean == 0) {
            return new PairedTTest(n, 0, 0, 1);
        }
        double t = mean / Math.sqrt(squares / (n - 1) / n);
        return new PairedTTest(n, mean, t, StudentT.twoSided(t, n - 1));
    }
}
