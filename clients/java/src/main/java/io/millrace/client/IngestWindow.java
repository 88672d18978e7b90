package io.millrace.client;

import io.millrace.v1.IngestOperation;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The operations of a stream that have no outcome yet: what the producers, the sending thread and the acknowledgements
 * share. Every operation is in {@code pending}; it is also in {@code unsent} until sent on the present call, or in
 * {@code delayed} while it waits to be sent again. All state is guarded by one lock, which is never held while sending
 * or calling a listener.
 */
final class IngestWindow {
    /** What the sending thread does next. */
    sealed interface Step {
        /** Send this. */
        record Send(IngestOperation operation) implements Step {}

        /** Everything has an outcome, and no more will come. */
        record Drained() implements Step {}

        /** The call has ended; open another when there is work. */
        record Lost() implements Step {}

        /** Operations wait, and nothing was acknowledged for too long. */
        record Stalled() implements Step {}
    }

    private final IngestOptions options;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final NavigableMap<Long, PendingOperation> pending = new TreeMap<>();
    private final NavigableMap<Long, PendingOperation> unsent = new TreeMap<>();
    private final PriorityQueue<PendingOperation> delayed =
            new PriorityQueue<>(Comparator.comparingLong((PendingOperation p) -> p.notBeforeNanos));
    private final Map<String, PendingOperation> byId = new HashMap<>();
    private long pendingBytes;
    private long nextSequence;
    private long acknowledged;
    private long refused;
    private int connections;
    private boolean closing;
    private @Nullable MillraceException failure;

    /** Last time that something was acknowledged, or that waiting began. */
    private long progressNanos = System.nanoTime();

    IngestWindow(IngestOptions options) {
        this.options = options;
        this.nextSequence = options.writer().firstSequence();
    }

    /** Adds an operation once there is room and no other one on the same id is pending; returns its sequence. */
    long add(String id, IngestOperation.Builder operation) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            int size = operation
                    .setSequence(Long.MAX_VALUE)
                    .setAckedBelow(Long.MAX_VALUE)
                    .build()
                    .getSerializedSize();
            while (failure == null && !closing && (isFull(size) || byId.containsKey(id))) {
                changed.await();
            }
            throwIfFailed();
            if (closing) {
                throw new IllegalStateException("the ingest stream is closed; open another to write more");
            }
            PendingOperation added = new PendingOperation(
                    id, operation.setSequence(nextSequence++).clearAckedBelow().build());
            if (pending.isEmpty()) {
                progressNanos = System.nanoTime();
            }
            pending.put(added.sequence(), added);
            unsent.put(added.sequence(), added);
            byId.put(id, added);
            pendingBytes += added.sizeBytes;
            changed.signalAll();
            return added.sequence();
        } finally {
            lock.unlock();
        }
    }

    /** An operation above the byte limit is let in alone, or it would wait for ever. */
    private boolean isFull(int size) {
        return pending.size() >= options.window().operations()
                || (!pending.isEmpty() && pendingBytes + size > options.window().sizeBytes());
    }

    /** Waits until there is something to send; false if everything is done and no more will come. */
    boolean awaitWork() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (pending.isEmpty() && !closing && failure == null) {
                changed.await();
            }
            return failure == null && !pending.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** A new call is ready: whatever has no outcome is sent on it, in order, unless it is delayed. */
    void rewind() {
        lock.lock();
        try {
            connections++;
            unsent.putAll(pending);
            delayed.forEach(waiting -> unsent.remove(waiting.sequence()));
            progressNanos = System.nanoTime();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for what to do next on a call. */
    Step next(IngestCall call) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                if (call.end() != null || failure != null) {
                    return new Step.Lost();
                }
                if (pending.isEmpty() && closing) {
                    return new Step.Drained();
                }
                long now = System.nanoTime();
                while (!delayed.isEmpty() && delayed.peek().notBeforeNanos - now <= 0) {
                    PendingOperation due = delayed.remove();
                    unsent.put(due.sequence(), due);
                }
                Map.Entry<Long, PendingOperation> first = unsent.firstEntry();
                if (first != null && call.isReady()) {
                    unsent.remove(first.getKey());
                    return new Step.Send(first.getValue().operation.toBuilder()
                            .setAckedBelow(pending.firstKey())
                            .build());
                }
                if (pending.size() == delayed.size()) {
                    // Nothing is owed by the server just now.
                    progressNanos = now;
                }
                long waitNanos = progressNanos + options.retry().stallTimeout().toNanos() - now;
                if (waitNanos <= 0) {
                    return new Step.Stalled();
                }
                if (!delayed.isEmpty()) {
                    waitNanos = Math.min(waitNanos, delayed.peek().notBeforeNanos - now);
                }
                if (pending.isEmpty()) {
                    changed.await();
                } else {
                    changed.awaitNanos(waitNanos);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Something that {@link #next} looks at has changed: the transport is ready, or the call has ended. */
    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Claims the outcome of an operation for delivery; null if it has or is getting one. */
    @Nullable
    PendingOperation settle(long sequence) {
        lock.lock();
        try {
            PendingOperation operation = pending.get(sequence);
            if (operation == null || operation.settled) {
                return null;
            }
            operation.settled = true;
            return operation;
        } finally {
            lock.unlock();
        }
    }

    /** Forgets an operation whose outcome was delivered, and makes room. */
    void remove(PendingOperation operation, boolean wasRefused) {
        lock.lock();
        try {
            pending.remove(operation.sequence());
            unsent.remove(operation.sequence());
            delayed.remove(operation);
            byId.remove(operation.id);
            pendingBytes -= operation.sizeBytes;
            acknowledged++;
            refused += wasRefused ? 1 : 0;
            progressNanos = System.nanoTime();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Lets an operation that the server could not carry out wait for another attempt; false if its time is up. */
    boolean retryLater(PendingOperation operation) {
        lock.lock();
        try {
            long now = System.nanoTime();
            progressNanos = now;
            if (operation.failures++ == 0) {
                operation.firstFailureNanos = now;
            }
            IngestOptions.Retry retry = options.retry();
            if (now - operation.firstFailureNanos > retry.giveUpAfter().toNanos()) {
                return false;
            }
            operation.settled = false;
            operation.notBeforeNanos = now
                    + retry.delay(
                                    operation.failures,
                                    ThreadLocalRandom.current().nextDouble())
                            .toNanos();
            delayed.add(operation);
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits before the next attempt to connect, or until the stream fails. */
    void pause(Duration delay) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = delay.toNanos();
            while (left > 0 && failure == null) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until everything put so far has an outcome. */
    void flush() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long last = nextSequence - 1;
            while (failure == null && !pending.isEmpty() && pending.firstKey() <= last) {
                changed.await();
            }
            throwIfFailed();
        } finally {
            lock.unlock();
        }
    }

    /** No more operations are taken. */
    void close() {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Fails every present and later operation of the producers; the first failure stays. */
    void fail(MillraceException reason) {
        lock.lock();
        try {
            if (failure == null) {
                failure = reason;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the stream was given up or aborted. */
    boolean hasFailed() {
        lock.lock();
        try {
            return failure != null;
        } finally {
            lock.unlock();
        }
    }

    private void throwIfFailed() {
        if (failure != null) {
            // A new exception for each caller, so that its trace is the caller's own.
            MillraceException thrown = new MillraceException(failure.code(), failure.getMessage() + leftOver());
            thrown.initCause(failure);
            throw thrown;
        }
    }

    private String leftOver() {
        return pending.isEmpty()
                ? ""
                : " (" + pending.size() + " operations, from sequence " + pending.firstKey()
                        + ", were not acknowledged)";
    }

    IngestStatistics statistics() {
        lock.lock();
        try {
            long submitted = nextSequence - options.writer().firstSequence();
            return new IngestStatistics(submitted, acknowledged, refused, pending.size(), pendingBytes, connections);
        } finally {
            lock.unlock();
        }
    }
}
