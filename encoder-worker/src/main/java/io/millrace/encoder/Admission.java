package io.millrace.encoder;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes of requests that all streams together may have in the worker. Above half, no stream gets new credit; above all
 * of it, batches are refused. So well-behaved callers slow down and never see a refusal. Safe for any thread.
 */
final class Admission {
    private final long maxBytes;
    private final Runnable onRoom;
    private final AtomicLong usedBytes = new AtomicLong();

    /**
     * Nothing reserved yet.
     *
     * @param onRoom told, by the releasing thread, when there is room for credit again
     */
    Admission(long maxBytes, Runnable onRoom) {
        this.maxBytes = maxBytes;
        this.onRoom = onRoom;
    }

    /** Reserves, or says no. A request that finds nothing reserved is always let in, or it could never be. */
    boolean tryReserve(long bytes) {
        while (true) {
            long before = usedBytes.get();
            if (before > 0 && before + bytes > maxBytes) {
                return false;
            }
            if (usedBytes.compareAndSet(before, before + bytes)) {
                return true;
            }
        }
    }

    void release(long bytes) {
        long before = usedBytes.getAndAdd(-bytes);
        if (before >= maxBytes / 2 && before - bytes < maxBytes / 2) {
            onRoom.run();
        }
    }

    boolean hasRoom() {
        return usedBytes.get() < maxBytes / 2;
    }

    long usedBytes() {
        return usedBytes.get();
    }

    long maxBytes() {
        return maxBytes;
    }
}
