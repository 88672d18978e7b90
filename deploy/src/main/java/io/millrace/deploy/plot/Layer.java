package io.millrace.deploy.plot;

import java.util.Arrays;
import java.util.Objects;

/** What is drawn on a chart, under one name of the legend. */
public sealed interface Layer {
    /** Name in the legend. */
    String name();

    /** Values along the horizontal axis. */
    double[] x();

    /** Values along the vertical axis. */
    double[] y();

    /**
     * Points joined by a line, in the order given. A point without a place on its axis interrupts the line.
     *
     * @param name name in the legend
     * @param x horizontal values
     * @param y vertical values, as many
     */
    record Line(String name, double[] x, double[] y) implements Layer {
        /** Checks the lengths. */
        public Line {
            requireSame(name, x.length, y.length);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Line line
                    && name.equals(line.name)
                    && Arrays.equals(x, line.x)
                    && Arrays.equals(y, line.y);
        }

        @Override
        public int hashCode() {
            return Objects.hash(name, Arrays.hashCode(x), Arrays.hashCode(y));
        }
    }

    /**
     * Marks that are not joined. A single one has its name beside it, where there is room.
     *
     * @param name name in the legend
     * @param x horizontal values
     * @param y vertical values, as many
     */
    record Points(String name, double[] x, double[] y) implements Layer {
        /** Checks the lengths. */
        public Points {
            requireSame(name, x.length, y.length);
        }

        /** One mark. */
        public static Points one(String name, double x, double y) {
            return new Points(name, new double[] {x}, new double[] {y});
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Points points
                    && name.equals(points.name)
                    && Arrays.equals(x, points.x)
                    && Arrays.equals(y, points.y);
        }

        @Override
        public int hashCode() {
            return Objects.hash(name, Arrays.hashCode(x), Arrays.hashCode(y));
        }
    }

    /**
     * Bars side by side, drawn as one outline so that several histograms can lie over one another.
     *
     * @param name name in the legend
     * @param x edges of the bars, ascending, one more than there are bars
     * @param y heights
     */
    record Bars(String name, double[] x, double[] y) implements Layer {
        /** Checks the lengths. */
        public Bars {
            requireSame(name, x.length, y.length + 1);
        }

        /**
         * The histogram of some values: equal bars from the least to the largest.
         *
         * @param bars number of bars, 1 or more
         * @throws IllegalArgumentException if there is no value, or one is not finite
         */
        public static Bars histogram(String name, double[] values, int bars) {
            if (values.length == 0 || bars < 1 || !Arrays.stream(values).allMatch(Double::isFinite)) {
                throw new IllegalArgumentException("a histogram needs 1 bar and 1 finite value or more, but '" + name
                        + "' has " + bars + " and " + values.length + ", some of which may be infinite or NaN");
            }
            double least = Arrays.stream(values).min().orElseThrow();
            double largest = Arrays.stream(values).max().orElseThrow();
            if (least == largest) {
                // All in the middle of one bar of width 1, or of what differs from a large value at all.
                double half = Math.max(0.5, Math.ulp(least));
                least -= half;
                largest += half;
            }
            double[] edges = new double[bars + 1];
            for (int i = 0; i <= bars; i++) {
                edges[i] = least + (largest - least) * i / bars;
            }
            double[] counts = new double[bars];
            for (double value : values) {
                counts[Math.clamp((int) ((value - least) / (largest - least) * bars), 0, bars - 1)]++;
            }
            return new Bars(name, edges, counts);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Bars bars
                    && name.equals(bars.name)
                    && Arrays.equals(x, bars.x)
                    && Arrays.equals(y, bars.y);
        }

        @Override
        public int hashCode() {
            return Objects.hash(name, Arrays.hashCode(x), Arrays.hashCode(y));
        }
    }

    private static void requireSame(String name, int x, int y) {
        if (x != y) {
            throw new IllegalArgumentException(
                    "'" + name + "' has " + x + " horizontal values where " + y + " would go with its vertical ones");
        }
    }
}
