package io.millrace.index.service;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.service.Refusals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * Spreads the queries of batches over the search pool. All batches together have as many lanes as the pool runs searches at a time,
 * and each lane asks the pool anew for every query: a single search waits for one query of a batch, never for a batch. A batch has
 * one lane at least and those that are free; the others are given up as soon as another batch waits. Safe for any thread.
 */
final class BatchLanes {
    // A batch holds its request, its response and a state of its shard: a few megabytes, 32 MiB at most of responses.
    private static final int BATCHES_PER_LANE = 4;
    private static final Duration RETRY_AFTER = Duration.ofMillis(200);

    private final int mostBatches;
    private final int lanes;
    private final Semaphore free;
    private final AtomicInteger batches = new AtomicInteger();

    BatchLanes(int lanes) {
        this.lanes = lanes;
        this.mostBatches = BATCHES_PER_LANE * lanes;
        this.free = new Semaphore(lanes, true);
    }

    /** Batches that run or wait. */
    int underWay() {
        return batches.get();
    }

    /**
     * Runs work for each number from 0, on threads of its own, and waits for them; what one throws ends them all and is thrown here.
     *
     * @param deadlineNanos no work begins after this reading of {@link System#nanoTime}
     * @throws StatusRuntimeException RESOURCE_EXHAUSTED if too many batches are under way, DEADLINE_EXCEEDED
     */
    void run(int count, long deadlineNanos, IntConsumer work) {
        if (batches.incrementAndGet() > mostBatches) {
            batches.decrementAndGet();
            throw Refusals.overloaded(mostBatches + " batches are under way", RETRY_AFTER);
        }
        try {
            awaitLane(count, deadlineNanos);
            Batch batch = new Batch(count, deadlineNanos, work);
            List<FutureTask<Boolean>> running = new ArrayList<>();
            try {
                do {
                    // The first one stays to the end.
                    running.add(start(batch, !running.isEmpty()));
                } while (running.size() < Math.min(count, lanes) && free.tryAcquire());
            } finally {
                await(running);
            }
        } finally {
            batches.decrementAndGet();
        }
    }

    /**
     * Starts a thread for a lane. Platform threads: virtual ones are not interrupted for one another, so that a long batch would
     * keep new calls from being looked at.
     */
    private FutureTask<Boolean> start(Batch batch, boolean mayLeave) {
        FutureTask<Boolean> lane = new FutureTask<>(() -> batch.drive(mayLeave), true);
        try {
            Thread.ofPlatform().daemon().name("search-batch").start(lane);
            return lane;
        } catch (OutOfMemoryError noThread) {
            free.release();
            throw noThread;
        }
    }

    /** Waits for all lanes, whatever happens: each ends within a query of the deadline, and what they use must stay until then. */
    private static void await(List<FutureTask<Boolean>> running) {
        RuntimeException first = null;
        boolean interrupted = false;
        for (FutureTask<Boolean> lane : running) {
            while (!lane.isDone()) {
                try {
                    lane.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    // Looked at below.
                }
            }
            if (first == null && lane.state() == Future.State.FAILED) {
                first = lane.exceptionNow() instanceof RuntimeException failure
                        ? failure
                        : new IllegalStateException("a search failed unexpectedly", lane.exceptionNow());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (first != null) {
            throw first;
        }
    }

    private void awaitLane(int count, long deadlineNanos) {
        try {
            if (!free.tryAcquire(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw late(0, count);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Refusals.unavailable("the call was interrupted; search again");
        }
    }

    private static StatusRuntimeException late(int begun, int count) {
        return Status.DEADLINE_EXCEEDED
                .withDescription(begun + " of " + count
                        + " queries were begun in time; allow more time, or send fewer queries at a time")
                .asRuntimeException();
    }

    /** The work of one batch, which its lanes share. */
    private final class Batch {
        private final int count;
        private final long deadlineNanos;
        private final IntConsumer work;
        private final AtomicInteger next = new AtomicInteger();
        private volatile boolean failed;

        Batch(int count, long deadlineNanos, IntConsumer work) {
            this.count = count;
            this.deadlineNanos = deadlineNanos;
            this.work = work;
        }

        /** Works in one lane until nothing is left, then gives it back. */
        void drive(boolean mayLeave) {
            try {
                while (!failed && !(mayLeave && free.hasQueuedThreads())) {
                    int at = next.getAndIncrement();
                    if (at >= count) {
                        return;
                    }
                    if (System.nanoTime() - deadlineNanos >= 0) {
                        throw late(at, count);
                    }
                    work.accept(at);
                }
            } catch (RuntimeException | Error e) {
                failed = true;
                throw e;
            } finally {
                free.release();
            }
        }
    }
}
