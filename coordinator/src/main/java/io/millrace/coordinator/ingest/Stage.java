package io.millrace.coordinator.ingest;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A queue of operations with one owner thread that takes them in batches. The queue needs no bound of its own: it holds
 * at most what the streams' windows admit.
 */
abstract sealed class Stage implements AutoCloseable permits EncodeStage, ShardLane {
    /**
     * Size of a batch.
     *
     * @param operations most operations
     * @param cost most cost, in the unit of {@link Stage#cost}; one operation may exceed it alone
     * @param lingerMillis how long to wait for more when the queue runs empty
     */
    record BatchLimits(int operations, long cost, long lingerMillis) {}

    private final BlockingQueue<PendingOperation> queue = new LinkedBlockingQueue<>();
    private final BatchLimits limits;
    private final Thread owner;
    private @Nullable PendingOperation held;
    private volatile boolean closed;

    Stage(String name, BatchLimits limits) {
        this.limits = limits;
        this.owner = Thread.ofVirtual().name(name).unstarted(this::run);
    }

    /** Works on a batch; must settle or hand on each operation. */
    abstract void process(List<PendingOperation> batch) throws InterruptedException;

    /** Share of a batch's limit that an operation takes. */
    abstract long cost(PendingOperation operation);

    /** Takes the failure of an operation that can no longer be processed. */
    abstract void fail(PendingOperation operation, Status status);

    final void start() {
        owner.start();
    }

    final void add(PendingOperation operation) {
        queue.add(operation);
        if (closed) {
            failRest();
        }
    }

    private void run() {
        try {
            while (!closed) {
                process(nextBatch());
            }
        } catch (InterruptedException e) {
            // Closed: the rest is failed below.
        } finally {
            failRest();
        }
    }

    private List<PendingOperation> nextBatch() throws InterruptedException {
        PendingOperation next = held != null ? held : queue.take();
        held = null;
        List<PendingOperation> batch = new ArrayList<>();
        long cost = 0;
        long lingerUntil = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limits.lingerMillis());
        while (next != null) {
            cost += cost(next);
            if (!batch.isEmpty() && cost > limits.cost()) {
                held = next;
                break;
            }
            batch.add(next);
            if (batch.size() == limits.operations()) {
                break;
            }
            next = queue.poll(Math.max(0, lingerUntil - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
        return batch;
    }

    private void failRest() {
        List<PendingOperation> rest = new ArrayList<>();
        queue.drainTo(rest);
        Status status = Status.UNAVAILABLE.withDescription(
                "the coordinator is stopping, or the collection was dropped; reopen the stream and send this again");
        rest.forEach(operation -> fail(operation, status));
    }

    @Override
    public void close() {
        closed = true;
        owner.interrupt();
    }
}
