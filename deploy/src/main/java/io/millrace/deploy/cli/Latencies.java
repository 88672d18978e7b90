package io.millrace.deploy.cli;

import java.util.Arrays;
import java.util.Locale;

/**
 * A sample of durations.
 *
 * @param sortedNanos ascending
 */
public record Latencies(long[] sortedNanos) {
    /** A sample in any order. */
    public static Latencies of(long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return new Latencies(sorted);
    }

    /** The value that a share of the sample does not exceed (nearest rank), milliseconds. */
    public double percentileMillis(double share) {
        int rank = (int) Math.ceil(share * sortedNanos.length);
        return sortedNanos[Math.max(1, rank) - 1] / 1e6;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "p50 %.1f ms, p99 %.1f ms", percentileMillis(0.5), percentileMillis(0.99));
    }
}
