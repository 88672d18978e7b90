package io.millrace.evaluation.significance;

import java.util.Comparator;
import java.util.stream.IntStream;

/** Adjusts p-values of several tests, so that one of many does not pass by chance alone. */
public enum Correction {
    /** As they are. */
    NONE {
        @Override
        double[] adjustSorted(double[] p) {
            return p;
        }
    },
    /** m · p: holds the chance of any false finding, and is never better than Holm. */
    BONFERRONI {
        @Override
        double[] adjustSorted(double[] p) {
            for (int i = 0; i < p.length; i++) {
                p[i] = Math.min(1, p[i] * p.length);
            }
            return p;
        }
    },
    /** Holm's step-down (1979): holds the chance of any false finding, under any dependence of the tests. */
    HOLM {
        @Override
        double[] adjustSorted(double[] p) {
            double largest = 0;
            for (int i = 0; i < p.length; i++) {
                largest = Math.max(largest, Math.min(1, p[i] * (p.length - i)));
                p[i] = largest;
            }
            return p;
        }
    },
    /** Benjamini and Hochberg's step-up (1995): holds the expected share of false findings among the findings. */
    BENJAMINI_HOCHBERG {
        @Override
        double[] adjustSorted(double[] p) {
            double smallest = 1;
            for (int i = p.length - 1; i >= 0; i--) {
                smallest = Math.min(smallest, p[i] * p.length / (i + 1));
                p[i] = smallest;
            }
            return p;
        }
    };

    /**
     * Adjusted p-values, in the order of the given ones: a finding at level α is an adjusted p ≤ α.
     *
     * @throws IllegalArgumentException if a value is not between 0 and 1
     */
    public double[] adjust(double[] p) {
        for (double value : p) {
            if (!(value >= 0 && value <= 1)) {
                throw new IllegalArgumentException("a p-value is " + value + "; it must be between 0 and 1");
            }
        }
        int[] order = IntStream.range(0, p.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> p[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] sorted =
                adjustSorted(IntStream.of(order).mapToDouble(i -> p[i]).toArray());
        double[] adjusted = new double[p.length];
        for (int i = 0; i < order.length; i++) {
            adjusted[order[i]] = sorted[i];
        }
        return adjusted;
    }

    /** Adjusts ascending values in place. */
    abstract double[] adjustSorted(double[] p);
}
