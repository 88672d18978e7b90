package io.millrace.client;

import java.time.Duration;

/**
 * Told what becomes of a stream's operations. Calls come one at a time, from a thread of the connection: acknowledgements
 * are read no faster than they are handled. A listener must not call {@link IngestStream#put}, {@code delete},
 * {@code flush} or {@code close} on its own stream (an {@link IllegalStateException} says so); an exception it throws
 * fails the stream.
 */
@FunctionalInterface
public interface IngestListener {
    /** An operation's outcome, once for each operation; not always in the order of the operations. */
    void onResult(IngestResult result);

    /**
     * The stream was lost, and another attempt follows.
     *
     * @param reason what was seen
     * @param failures failures since something was last acknowledged
     * @param delay time until the attempt
     */
    default void onReconnect(String reason, int failures, Duration delay) {}
}
