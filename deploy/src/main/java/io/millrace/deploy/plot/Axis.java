package io.millrace.deploy.plot;

/**
 * An axis of a chart. Its range is that of the data.
 *
 * @param title what is measured, with its unit
 * @param scale how values become lengths
 */
public record Axis(String title, Scale scale) {
    /** How values become lengths. */
    public enum Scale {
        /** Equal differences are equal lengths. */
        LINEAR,
        /** Equal ratios are equal lengths. Values of 0 and below have no place and are left out. */
        LOG
    }

    /** A linear axis. */
    public static Axis linear(String title) {
        return new Axis(title, Scale.LINEAR);
    }

    /** A logarithmic axis. */
    public static Axis log(String title) {
        return new Axis(title, Scale.LOG);
    }

    /** Whether a value has a place on this axis. */
    boolean shows(double value) {
        return Double.isFinite(value) && (scale == Scale.LINEAR || value > 0);
    }
}
