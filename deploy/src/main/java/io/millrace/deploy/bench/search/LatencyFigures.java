package io.millrace.deploy.bench.search;

import java.util.Arrays;

/**
 * A sample of durations in microseconds. A percentile is the smallest value that such a share of the sample does not exceed
 * (nearest rank).
 *
 * @param mean of all
 * @param p50 median
 * @param p90 nine of ten are not above
 * @param p99 99 of 100 are not above
 * @param max largest
 */
record LatencyFigures(double mean, double p50, double p90, double p99, double max) {
    /** Figures of at least one duration. */
    static LatencyFigures of(long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return new LatencyFigures(
                micros(Arrays.stream(sorted).average().orElseThrow()),
                micros(percentile(sorted, 0.5)),
                micros(percentile(sorted, 0.9)),
                micros(percentile(sorted, 0.99)),
                micros(percentile(sorted, 1)));
    }

    /** Each figure as a share of another's. */
    LatencyFigures over(LatencyFigures other) {
        return new LatencyFigures(
                share(mean, other.mean),
                share(p50, other.p50),
                share(p90, other.p90),
                share(p99, other.p99),
                share(max, other.max));
    }

    private static double percentile(long[] sorted, double share) {
        return sorted[Math.max(1, (int) Math.ceil(share * sorted.length)) - 1];
    }

    private static double micros(double nanos) {
        return Rounded.to(1, nanos / 1e3);
    }

    private static double share(double part, double whole) {
        // A clock that is too coarse says 0.
        return whole == 0 ? 1 : Rounded.to(3, part / whole);
    }
}
