package io.millrace.index.service;

import io.millrace.service.Refusals;
import java.util.concurrent.atomic.AtomicLong;

/** What one response may still take. Safe for any thread. */
final class ResponseRoom {
    // Below what a client takes as a message.
    private static final long MAX_BYTES = 32L << 20;

    private final AtomicLong left = new AtomicLong(MAX_BYTES);
    private final String remedy;

    /**
     * An empty response.
     *
     * @param remedy what a caller does about too large a one, beside lowering k
     */
    ResponseRoom(String remedy) {
        this.remedy = remedy;
    }

    /** Refuses the call if its response would grow too large. */
    void take(int bytes) {
        if (left.addAndGet(-bytes) < 0) {
            throw Refusals.invalidArgument(
                    "k", "the hits asked for take more than " + (MAX_BYTES >> 20) + " MiB; lower k, " + remedy);
        }
    }
}
