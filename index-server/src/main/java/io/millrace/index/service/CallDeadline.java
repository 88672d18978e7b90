package io.millrace.index.service;

import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** How long the caller of the call at hand will wait. */
final class CallDeadline {
    private CallDeadline() {}

    /** Nanoseconds left, at most {@code limit}: a caller without a deadline is given one. */
    static long nanosLeft(Duration limit) {
        Deadline deadline = Context.current().getDeadline();
        return deadline == null
                ? limit.toNanos()
                : Math.min(limit.toNanos(), deadline.timeRemaining(TimeUnit.NANOSECONDS));
    }
}
