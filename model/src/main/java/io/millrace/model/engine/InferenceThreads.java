package io.millrace.model.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The threads that run a model, each computing whole rectangles of texts by itself. Splitting the texts rather than each
 * operation leaves nothing to wait for: libtorch's own threads meet at a barrier some hundred times a rectangle and spin
 * there, which on a machine that is busy with anything else made encoding 2 to 10 times slower.
 *
 * <p>They are threads of their own because libtorch keeps its gradient mode, graph settings and thread count per thread.
 * Safe for many threads: calls share them, urgent tasks first and otherwise in the order they came.
 */
public final class InferenceThreads implements AutoCloseable {
    /** Whose tasks go first, where several calls wait. */
    public enum Priority {
        URGENT,
        NORMAL
    }

    private final ThreadPoolExecutor executor;
    private final AtomicLong arrivals = new AtomicLong();

    private InferenceThreads(ThreadPoolExecutor executor) {
        this.executor = executor;
    }

    /**
     * Readies a pool; its threads start with the first tasks.
     *
     * @param count most threads at work at once
     */
    public static InferenceThreads create(int count) {
        return new InferenceThreads(new ThreadPoolExecutor(
                count,
                count,
                0,
                TimeUnit.SECONDS,
                // Bounded by its callers, each of which waits for what it handed in.
                new PriorityBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("millrace-encode").factory()));
    }

    /** A task and its place in the queue. */
    private static final class Turn<T> extends FutureTask<T> implements Comparable<Turn<?>> {
        private final Priority priority;
        private final long arrival;

        Turn(Callable<T> task, Priority priority, long arrival) {
            super(() -> {
                // On every thread once, and cheap. Here, so that a failure reaches whoever waits for the task.
                PyTorchRuntime.prepareThread();
                return task.call();
            });
            this.priority = priority;
            this.arrival = arrival;
        }

        @Override
        public int compareTo(Turn<?> other) {
            int byPriority = priority.compareTo(other.priority);
            return byPriority != 0 ? byPriority : Long.compare(arrival, other.arrival);
        }
    }

    /** Runs one task and waits for it, as {@link #callAll} does. */
    public <T> T call(Callable<T> task) {
        return callAll(List.of(task)).getFirst();
    }

    /**
     * Runs tasks and waits for all of them. An interrupt of the caller does not cut them short; it is kept for the caller
     * to see.
     *
     * @return what they returned, in order
     * @throws RuntimeException what the first failed one threw, once all have ended
     */
    public <T> List<T> callAll(List<Callable<T>> tasks) {
        return callAll(tasks, Priority.NORMAL);
    }

    /** The same, ahead of what waits or behind it. */
    public <T> List<T> callAll(List<Callable<T>> tasks, Priority priority) {
        List<Future<T>> futures = new ArrayList<>(tasks.size());
        for (Callable<T> task : tasks) {
            Turn<T> turn = new Turn<>(task, priority, arrivals.getAndIncrement());
            executor.execute(turn);
            futures.add(turn);
        }
        boolean interrupted = false;
        for (Future<T> future : futures) {
            interrupted |= waitFor(future);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return futures.stream().map(InferenceThreads::result).toList();
    }

    /** Tasks that no thread has begun. */
    int waiting() {
        return executor.getQueue().size();
    }

    /** Waits for a future to end in whatever way; true if the caller was interrupted meanwhile. */
    private static boolean waitFor(Future<?> future) {
        boolean interrupted = false;
        while (!future.isDone()) {
            try {
                future.get();
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                // Thrown by result(), once the other tasks have ended too.
                break;
            }
        }
        return interrupted;
    }

    private static <T> T result(Future<T> future) {
        if (future.state() == Future.State.SUCCESS) {
            return future.resultNow();
        }
        switch (future.exceptionNow()) {
            case RuntimeException failure -> throw failure;
            case Error failure -> throw failure;
            case Throwable failure -> throw new IllegalStateException(failure);
        }
    }

    /** Finishes what was handed in and ends the threads. Idempotent. */
    @Override
    public void close() {
        executor.close();
    }
}
