package io.millrace.deploy.cli;

import java.util.Locale;

/**
 * Shows how work goes: on a terminal one line that is redrawn, elsewhere a plain line now and then. Not for several
 * threads at once.
 */
public final class Progress {
    private static final long REDRAW_NANOS = 100_000_000L;
    private static final long PLAIN_LINE_NANOS = 10_000_000_000L;
    private static final int BAR_CELLS = 24;

    private final Console console;
    private final String label;
    private final long startNanos;
    private long lastNanos;
    private boolean drawn;

    /** Starts the clock. */
    public Progress(Console console, String label) {
        this.console = console;
        this.label = label;
        this.startNanos = console.nanoTime().getAsLong();
        this.lastNanos = startNanos;
    }

    /**
     * Shows the present state, if the last time was long enough ago.
     *
     * @param items things done
     * @param fraction share of the work done, 0 to 1; negative if the total is not known
     */
    public void update(long items, double fraction) {
        long now = console.nanoTime().getAsLong();
        if (now - lastNanos >= (console.isTerminal() ? REDRAW_NANOS : PLAIN_LINE_NANOS)) {
            lastNanos = now;
            show(items, fraction, now);
        }
    }

    private void show(long items, double fraction, long now) {
        double seconds = (now - startNanos) / 1e9;
        String figures = String.format(Locale.ROOT, "%,d  %,.0f/s", items, items / Math.max(seconds, 1e-3));
        if (fraction >= 0) {
            String left = fraction > 0.01 ? ", " + time(seconds / fraction * (1 - fraction)) + " left" : "";
            figures = String.format(Locale.ROOT, "%3.0f%%  %s%s", fraction * 100, figures, left);
        } else {
            figures += ", " + time(seconds);
        }
        if (!console.isTerminal()) {
            console.say(label + "  " + figures);
            return;
        }
        String line = label + " " + (fraction >= 0 ? bar(fraction) + " " : " ") + figures;
        int room = Math.max(20, console.columns() - 1);
        console.err().print("\r" + (line.length() > room ? line.substring(0, room) : line) + "\033[K");
        console.err().flush();
        drawn = true;
    }

    private static String bar(double fraction) {
        int full = (int) Math.round(Math.clamp(fraction, 0, 1) * BAR_CELLS);
        return "[" + "█".repeat(full) + "·".repeat(BAR_CELLS - full) + "]";
    }

    /** Seconds as people say them. */
    public static String time(double seconds) {
        long whole = Math.round(seconds);
        return whole < 60
                ? whole + " s"
                : whole < 3600
                        ? whole / 60 + " min " + whole % 60 + " s"
                        : whole / 3600 + " h " + whole % 3600 / 60 + " min";
    }

    /** Says a line without tearing the bar. */
    public void say(String line) {
        clear();
        console.say(line);
    }

    /** Removes the bar; seconds since the start. */
    public double finish() {
        clear();
        return (console.nanoTime().getAsLong() - startNanos) / 1e9;
    }

    private void clear() {
        if (drawn) {
            console.err().print("\r\033[K");
            drawn = false;
        }
    }
}
