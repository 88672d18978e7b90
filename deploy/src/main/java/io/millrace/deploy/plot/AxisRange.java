package io.millrace.deploy.plot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * The part of an axis that is shown, and where values lie on it.
 *
 * @param axis the axis
 * @param least value at its beginning
 * @param largest value at its end, above the least
 */
record AxisRange(Axis axis, double least, double largest) {
    private static final int TICKS = 6;
    // Room between the outermost values and the frame, as a share of the range.
    private static final double MARGIN = 0.05;

    // Ranges narrower than this share of their values would be lost in rounding.
    private static final double LEAST_RANGE = 1e-9;
    // With its margins, a range of 500 powers of ten still ends at numbers, and not at 0 and infinity.
    private static final double LARGEST = 1e250;
    private static final double LEAST_POSITIVE = 1e-250;

    /** A place on the axis with what stands there. */
    record Tick(double value, String label) {}

    /** The range of some values; those without a place on the axis are left out. 0 to 1 (or 1 to 10) of none. */
    static AxisRange of(Axis axis, DoubleStream values) {
        double[] shown = values.filter(axis::shows)
                .map(v -> position(
                        axis, Math.clamp(v, axis.scale() == Axis.Scale.LOG ? LEAST_POSITIVE : -LARGEST, LARGEST)))
                .toArray();
        double least = Arrays.stream(shown).min().orElse(0);
        double largest = Arrays.stream(shown).max().orElse(1);
        double size = Math.max(Math.abs(least), Math.abs(largest));
        double margin = least == largest
                ? Math.max(0.5, size * MARGIN)
                : Math.max((largest - least) * MARGIN, size * LEAST_RANGE);
        return new AxisRange(axis, value(axis, least - margin), value(axis, largest + margin));
    }

    /** This range, made to begin at 0, which is where bars stand. */
    AxisRange fromZero() {
        return axis.scale() == Axis.Scale.LINEAR && least > -largest ? new AxisRange(axis, 0, largest) : this;
    }

    /** Where a value lies: 0 at the beginning, 1 at the end. */
    double share(double value) {
        double from = position(axis, least);
        return (position(axis, value) - from) / (position(axis, largest) - from);
    }

    private static double position(Axis axis, double value) {
        return axis.scale() == Axis.Scale.LOG ? Math.log10(value) : value;
    }

    private static double value(Axis axis, double position) {
        return axis.scale() == Axis.Scale.LOG ? Math.pow(10, position) : position;
    }

    /** Round values within the range. */
    List<Tick> ticks() {
        return axis.scale() == Axis.Scale.LOG ? logarithmic() : linear();
    }

    private List<Tick> linear() {
        double rough = (largest - least) / TICKS;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double step = DoubleStream.of(1, 2, 5, 10)
                .map(factor -> factor * power)
                .filter(candidate -> candidate >= rough)
                .findFirst()
                .orElse(10 * power);
        List<Tick> ticks = new ArrayList<>();
        for (long i = (long) Math.ceil(least / step); i * step <= largest && ticks.size() <= 2 * TICKS; i++) {
            ticks.add(new Tick(i * step, label(i * step, step)));
        }
        return ticks;
    }

    private List<Tick> logarithmic() {
        double decades = Math.log10(largest / least);
        // Within less than three powers of ten, what lies between them is named too.
        double[] factors = decades < 3 ? new double[] {1, 2, 5} : new double[] {1};
        int every = Math.max(1, (int) Math.ceil(decades / (2 * TICKS)));
        List<Tick> ticks = new ArrayList<>();
        for (int power = (int) Math.floor(Math.log10(least)); Math.pow(10, power) <= largest; power++) {
            for (double factor : factors) {
                double value = factor * Math.pow(10, power);
                if (value >= least && value <= largest && Math.floorMod(power, every) == 0) {
                    ticks.add(new Tick(value, label(value, value)));
                }
            }
        }
        // A range between two such values has no tick of its own: it is narrow enough for equal steps.
        return ticks.size() < 2 && decades < 1 ? linear() : ticks;
    }

    /** A value to the digits of a step. */
    private static String label(double value, double step) {
        double size = Math.max(Math.abs(value), step);
        if (size >= 1e6 || step < 1e-4) {
            return value == 0 ? "0" : String.format(Locale.ROOT, "%.3g", value);
        }
        int decimals = Math.max(0, (int) Math.ceil(-Math.log10(step) - 1e-9));
        return String.format(Locale.ROOT, "%." + decimals + "f", value + 0.0);
    }
}
