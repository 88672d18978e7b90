package io.millrace.model.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The threads that run a model, each computing whole rectangles of texts by itself. Splitting the texts rather than each
 * operation leaves nothing to wait for: libtorch's own threads meet at a barrier some hundred times a rectangle and spin
 * there, which on a machine that is busy with anything else made encoding 2 to 10 times slower.
 *
 * <p>They are threads of their own because libtorch keeps its gradient mode, graph settings and thread count per thread.
 */
public final class InferenceThreads implements AutoCloseable {
    private final ExecutorService executor;

    private InferenceThreads(ExecutorService executor) {
        this.executor = executor;
    }

    /**
     * Readies a pool; its threads start with the first tasks.
     *
     * @param count most threads at work at once
     */
    public static InferenceThreads create(int count) {
        return new InferenceThreads(Executors.newFixedThreadPool(
                count,
                task -> Thread.ofPlatform().daemon().name("millrace-encode").unstarted(() -> {
                    PyTorchRuntime.prepareThread();
                    task.run();
                })));
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
        List<Future<T>> futures = new ArrayList<>(tasks.size());
        for (Callable<T> task : tasks) {
            futures.add(executor.submit(task));
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
