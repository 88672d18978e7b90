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

    /**
     * Adds a batch if there is room; a single one always fits, whatever its size.
     *
     * @param half whether the other half is to stay free for batches of others
     */
    synchronized boolean tryAdd(long batchBytes, boolean half) {
        int share = half ? 2 : 1;
        if (batches > 0 && (batches >= maxBatches / share || bytes + batchBytes > maxBytes / share)) {
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
