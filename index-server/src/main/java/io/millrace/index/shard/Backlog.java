package io.millrace.index.shard;

/** Counts what waits to be written, and refuses what would go beyond the bounds. Safe for any thread. */
final class Backlog {
    private final long maxBatches;
    private final long maxBytes;
    private long batches;
    private long bytes;

    Backlog(long maxBatches, long maxBytes) {
        this.maxBatches = maxBatches;
        this.maxBytes = maxBytes;
    }

    /** Adds a batch if there is room; a single one always fits, whatever its size. */
    synchronized boolean tryAdd(long batchBytes) {
        if (batches > 0 && (batches >= maxBatches || bytes + batchBytes > maxBytes)) {
            return false;
        }
        batches++;
        bytes += batchBytes;
        return true;
    }

    synchronized void remove(long removedBatches, long removedBytes) {
        batches -= removedBatches;
        bytes -= removedBytes;
    }

    synchronized long batches() {
        return batches;
    }

    @Override
    public synchronized String toString() {
        return batches + " batches of " + (bytes >> 20) + " MiB";
    }
}
