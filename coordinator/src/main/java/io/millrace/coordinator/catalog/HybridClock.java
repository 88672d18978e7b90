package io.millrace.coordinator.catalog;

import io.millrace.v1.Stamp;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;

/**
 * Gives each accepted write its stamp: a hybrid logical clock (Kulkarni et al., 2014) whose physical part is
 * milliseconds and whose logical part counts within one. Stamps of one coordinator ascend strictly, across restarts and
 * wall clocks that step back: the clock never passes a bound that has not been made durable first, and resumes there.
 *
 * <p>Safe for any thread.
 */
public final class HybridClock {
    private static final int COUNTER_BITS = 16;
    // A longer lease means fewer durable writes, and a longer way ahead of the wall clock after a crash.
    private static final long LEASE_MILLIS = 10_000;

    private final int coordinatorId;
    private final LongSupplier wallMillis;
    private final LongUnaryOperator makeDurable;
    private long last;
    private long bound;

    /**
     * A clock that starts after every stamp given before.
     *
     * @param bound the last durable bound; 0 = none
     * @param wallMillis the wall clock, milliseconds since 1970
     * @param makeDurable stores a new bound before it is used, and returns it
     */
    public HybridClock(int coordinatorId, long bound, LongSupplier wallMillis, LongUnaryOperator makeDurable) {
        this.coordinatorId = coordinatorId;
        this.wallMillis = wallMillis;
        this.makeDurable = makeDurable;
        this.last = bound;
        this.bound = bound;
    }

    /** The next stamp, above all given before. */
    public synchronized Stamp next() {
        long next = Math.max(last + 1, wallMillis.getAsLong() << COUNTER_BITS);
        if (next >= bound) {
            bound = makeDurable.applyAsLong(next + (LEASE_MILLIS << COUNTER_BITS));
        }
        last = next;
        return Stamp.newBuilder().setTime(next).setCoordinator(coordinatorId).build();
    }
}
