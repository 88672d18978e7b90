package io.millrace.index.service;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.index.record.StoreException;
import io.millrace.index.search.Searcher;
import io.millrace.service.Refusals;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * A few threads that search and a short queue before them: scoring is bound by cores and memory, so that more at a time
 * only makes all of them slower. What does not fit is refused at once. Safe for any thread.
 */
public final class SearchPool implements AutoCloseable {
    // At half a millisecond a search, about 30 ms of waiting: beyond that a caller is better off elsewhere.
    private static final int QUEUE_PER_THREAD = 64;
    private static final Duration RETRY_AFTER = Duration.ofMillis(25);

    private final ThreadPoolExecutor threads;
    private final Searcher searcher;

    private SearchPool(ThreadPoolExecutor threads, Searcher searcher) {
        this.threads = threads;
        this.searcher = searcher;
    }

    /** Starts a pool. */
    public static SearchPool start(int threads, Searcher searcher) {
        return start(threads, QUEUE_PER_THREAD * threads, searcher);
    }

    static SearchPool start(int threads, int queue, Searcher searcher) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(queue),
                Thread.ofPlatform().name("search-", 0).daemon().factory());
        return new SearchPool(pool, searcher);
    }

    /**
     * Runs a search on one of the threads and waits for it.
     *
     * @param patienceNanos how long the caller waits; a search whose turn comes later is not begun
     * @throws StatusRuntimeException RESOURCE_EXHAUSTED if the queue is full, DEADLINE_EXCEEDED if it took too long
     */
    <T> T run(long patienceNanos, Function<Searcher, T> search) {
        FutureTask<T> task = new FutureTask<>(() -> search.apply(searcher));
        try {
            threads.execute(task);
        } catch (RejectedExecutionException e) {
            if (threads.isShutdown()) {
                throw Refusals.unavailable("the server is stopping; search another replica");
            }
            throw Refusals.overloaded(
                    threads.getQueue().size() + " searches wait for " + threads.getMaximumPoolSize() + " threads",
                    RETRY_AFTER);
        }
        try {
            return task.get(patienceNanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            // Not begun, or begun and of no use to anybody; without interrupting, which storage would not survive.
            task.cancel(false);
            throw Status.DEADLINE_EXCEEDED
                    .withDescription("the search did not finish in time; allow more, or ask for fewer hits")
                    .asRuntimeException();
        } catch (InterruptedException e) {
            task.cancel(false);
            Thread.currentThread().interrupt();
            throw Refusals.unavailable("the call was interrupted; search again");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case StatusRuntimeException refused -> throw refused;
                case StoreException failed -> throw failed;
                case null, default -> throw new IllegalStateException("a search failed unexpectedly", e);
            }
        }
    }

    /** Waits for the searches under way; those queued are still run. */
    @Override
    public void close() {
        threads.close();
    }
}
