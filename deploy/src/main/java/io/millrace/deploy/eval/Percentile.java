package io.millrace.deploy.eval;

import java.util.Arrays;

/** Shares of a sample of durations. */
final class Percentile {
    private Percentile() {}

    /** The smallest value that a share of the sample does not exceed (nearest rank), milliseconds to three digits. */
    static double millis(long[] nanos, double share) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        int rank = Math.max(1, (int) Math.ceil(share * sorted.length));
        return sorted.length == 0 ? 0 : Math.round(sorted[rank - 1] / 1e3) / 1e3;
    }
}
