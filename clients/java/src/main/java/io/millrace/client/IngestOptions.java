package io.millrace.client;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;

/**
 * How an ingest stream writes.
 *
 * @param collection collection to write to
 * @param writer who writes; decides what counts as a repetition
 * @param window how much may be unacknowledged at a time
 * @param retry when to try again and when to give up
 */
public record IngestOptions(String collection, Writer writer, Window window, Retry retry) {
    /** Options with the defaults, and a writer that no other stream shares. */
    public static IngestOptions forCollection(String collection) {
        return new IngestOptions(collection, Writer.random(), Window.DEFAULT, Retry.DEFAULT);
    }

    /** The same with another writer. */
    public IngestOptions withWriter(Writer other) {
        return new IngestOptions(collection, other, window, retry);
    }

    /** The same with another window. */
    public IngestOptions withWindow(Window other) {
        return new IngestOptions(collection, writer, other, retry);
    }

    /** The same with other patience. */
    public IngestOptions withRetry(Retry other) {
        return new IngestOptions(collection, writer, window, other);
    }

    /**
     * Names the writer. The cluster carries out each (client id, sequence) at most once; so two streams must never share
     * a client id and a sequence for different operations.
     *
     * @param clientId 1 to 128 bytes of UTF-8
     * @param firstSequence sequence of the first operation, 1 or more; above 1 to go on where an earlier stream of the
     *     same client id ended
     */
    public record Writer(String clientId, long firstSequence) {
        private static final SecureRandom RANDOM = new SecureRandom();

        /** Checks the values. */
        public Writer {
            int bytes = clientId.getBytes(StandardCharsets.UTF_8).length;
            if (bytes < 1 || bytes > 128) {
                throw new IllegalArgumentException("the client id has " + bytes + " bytes; it must have 1 to 128");
            }
            if (firstSequence < 1) {
                throw new IllegalArgumentException("the first sequence is " + firstSequence + "; it must be 1 or more");
            }
        }

        /** A writer with a random 128-bit name. */
        public static Writer random() {
            byte[] bytes = new byte[16];
            RANDOM.nextBytes(bytes);
            return new Writer(HexFormat.of().formatHex(bytes), 1);
        }
    }

    /**
     * Bounds of what is put and not yet acknowledged; {@link IngestStream#put} blocks beyond either. This is all the
     * memory a stream takes, whatever the server does.
     *
     * @param operations most operations
     * @param sizeBytes most bytes, as serialised; a single operation may be larger and then travels alone
     */
    public record Window(int operations, long sizeBytes) {
        /** Enough to keep several encoder batches of 64 documents of ordinary length under way on each worker. */
        public static final Window DEFAULT = new Window(1_024, 16L << 20);

        /** Checks the values. */
        public Window {
            if (operations < 1 || sizeBytes < 1) {
                throw new IllegalArgumentException("the window is " + operations + " operations and " + sizeBytes
                        + " bytes; both must be 1 or more");
            }
        }
    }

    /**
     * When to try again. Delays double from the first to the longest, each shortened by a random part of up to a half
     * so that many clients do not come back at once.
     *
     * @param firstDelay delay after the first failure
     * @param maxDelay longest delay
     * @param giveUpAfter the stream fails when nothing was acknowledged for so long while it kept failing; an operation
     *     that the server keeps answering UNAVAILABLE for is reported as refused after the same time
     * @param stallTimeout a stream on which operations wait but none is acknowledged for so long counts as lost
     */
    public record Retry(Duration firstDelay, Duration maxDelay, Duration giveUpAfter, Duration stallTimeout) {
        /** Rides out a restart of any server, and gives up on a wrong address within two minutes. */
        public static final Retry DEFAULT =
                new Retry(Duration.ofMillis(100), Duration.ofSeconds(5), Duration.ofMinutes(2), Duration.ofMinutes(2));

        /** Checks the values. */
        public Retry {
            if (firstDelay.isNegative() || firstDelay.isZero() || maxDelay.compareTo(firstDelay) < 0) {
                throw new IllegalArgumentException("delays run from " + firstDelay + " to " + maxDelay
                        + "; the first must be above 0 and not above the longest");
            }
            if (giveUpAfter.isNegative() || stallTimeout.isNegative() || stallTimeout.isZero()) {
                throw new IllegalArgumentException("giving up after " + giveUpAfter + " and stalling after "
                        + stallTimeout + "; neither may be negative, nor the latter 0");
            }
        }

        /**
         * Delay before a further attempt.
         *
         * @param failures failures in a row, 1 or more
         * @param random number in [0, 1)
         */
        Duration delay(int failures, double random) {
            double grown = (double) firstDelay.toNanos() * Math.pow(2, Math.min(failures, 32) - 1.0);
            return Duration.ofNanos((long) (Math.min(grown, (double) maxDelay.toNanos()) * (1 - random / 2)));
        }
    }
}
