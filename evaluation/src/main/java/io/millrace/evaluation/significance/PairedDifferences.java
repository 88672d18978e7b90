package io.millrace.evaluation.significance;

/** What two systems' figures of the same queries differ by. */
final class PairedDifferences {
    private PairedDifferences() {}

    /**
     * {@code ours[i] − theirs[i]}.
     *
     * @throws IllegalArgumentException if the lengths differ, or a figure is no number
     */
    static double[] of(double[] ours, double[] theirs) {
        if (ours.length != theirs.length) {
            throw new IllegalArgumentException("systems are compared query by query, but one has " + ours.length
                    + " queries and the other " + theirs.length);
        }
        double[] differences = new double[ours.length];
        for (int i = 0; i < ours.length; i++) {
            differences[i] = ours[i] - theirs[i];
            if (!Double.isFinite(differences[i])) {
                throw new IllegalArgumentException("the figures of query number " + (i + 1) + " are " + ours[i]
                        + " and " + theirs[i] + "; both must be finite");
            }
        }
        return differences;
    }
}
