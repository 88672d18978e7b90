package io.millrace.index.service;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.index.search.Searcher;
import io.millrace.service.Refusals;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Lets a few searches run at a time, and has a few more wait in the order they came: scoring is bound by cores and memory, so that
 * more at a time only makes all of them slower. What does not fit is refused at once. Searches run on the threads of their callers:
 * handing them over and back takes two wake-ups, 6 µs where cores are idle and a turn of the scheduler where not. Safe for any
 * thread.
 */
public final class SearchPool implements AutoCloseable {
    // At half a millisecond a search, about 30 ms of waiting: beyond that a caller is better off elsewhere.
    private static final int WAITING_PER_SLOT = 64;
    private static final Duration RETRY_AFTER = Duration.ofMillis(25);

    private final int slots;
    private final int mostWaiting;
    private final Searcher searcher;
    private final Semaphore free;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean closed;

    private SearchPool(int slots, int mostWaiting, Searcher searcher) {
        this.slots = slots;
        this.mostWaiting = mostWaiting;
        this.searcher = searcher;
        this.free = new Semaphore(slots, true);
    }

    /** A pool of so many searches at a time. */
    public static SearchPool of(int slots, Searcher searcher) {
        return of(slots, WAITING_PER_SLOT * slots, searcher);
    }

    static SearchPool of(int slots, int mostWaiting, Searcher searcher) {
        return new SearchPool(slots, mostWaiting, searcher);
    }

    /** Searches that run at a time. */
    int slots() {
        return slots;
    }

    /** Callers whose turn has not come. */
    int waiting() {
        return waiting.get();
    }

    /**
     * Runs a search when its turn has come.
     *
     * @param patienceNanos how long the caller waits; a search whose turn comes later is not begun
     * @throws StatusRuntimeException RESOURCE_EXHAUSTED if too many wait, DEADLINE_EXCEEDED if the turn came too late
     */
    <T> T run(long patienceNanos, Function<Searcher, T> search) {
        takeSlot(patienceNanos);
        try {
            if (closed) {
                throw Refusals.unavailable("the server is stopping; search another replica");
            }
            return search.apply(searcher);
        } finally {
            free.release();
        }
    }

    private void takeSlot(long patienceNanos) {
        // Past those that wait only if there are none.
        if (waiting.get() == 0 && free.tryAcquire()) {
            return;
        }
        if (waiting.incrementAndGet() > mostWaiting) {
            waiting.decrementAndGet();
            throw Refusals.overloaded(mostWaiting + " searches wait for " + slots + " threads", RETRY_AFTER);
        }
        try {
            if (!free.tryAcquire(patienceNanos, TimeUnit.NANOSECONDS)) {
                throw Status.DEADLINE_EXCEEDED
                        .withDescription("the search did not begin in time; allow more, or ask another replica")
                        .asRuntimeException();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Refusals.unavailable("the call was interrupted; search again");
        } finally {
            waiting.decrementAndGet();
        }
    }

    /** Waits for the searches under way and refuses those that come later. */
    @Override
    public void close() {
        closed = true;
        free.acquireUninterruptibly(slots);
        free.release(slots);
    }
}
