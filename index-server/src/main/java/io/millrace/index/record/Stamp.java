package io.millrace.index.record;

/**
 * Orders all writes to one document id: the newer one wins whatever order writes arrive in.
 *
 * @param time hybrid logical clock, unsigned: milliseconds in the upper 48 bits, a counter in the lower 16
 * @param coordinator coordinator that gave the stamp, unsigned; breaks ties of time
 */
public record Stamp(long time, int coordinator) implements Comparable<Stamp> {
    /** Bytes of a stored stamp. */
    public static final int BYTES = Long.BYTES + Integer.BYTES;

    @Override
    public int compareTo(Stamp other) {
        int byTime = Long.compareUnsigned(time, other.time);
        return byTime != 0 ? byTime : Integer.compareUnsigned(coordinator, other.coordinator);
    }

    /** Whether this write replaces what {@code other} left behind. */
    public boolean isNewerThan(Stamp other) {
        return compareTo(other) > 0;
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(time) + "@" + Integer.toUnsignedString(coordinator);
    }
}
