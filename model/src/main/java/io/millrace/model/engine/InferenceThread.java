package io.millrace.model.engine;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The one thread that runs a model. libtorch keeps its gradient mode, its graph settings and its pool of worker threads
 * per calling thread, so calls from wherever a request happens to run would each set them up anew.
 */
public final class InferenceThread implements AutoCloseable {
    private final ExecutorService executor;

    private InferenceThread(ExecutorService executor) {
        this.executor = executor;
    }

    /** Starts the thread, ready for inference. */
    public static InferenceThread start(String name) {
        ExecutorService executor = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name(name).factory());
        InferenceThread thread = new InferenceThread(executor);
        thread.call(() -> {
            PyTorchRuntime.prepareThread();
            return true;
        });
        return thread;
    }

    /**
     * Runs a task on the thread and waits for it. An interrupt of the caller does not cut the task short; it is kept for
     * the caller to see.
     *
     * @throws RuntimeException what the task threw
     */
    public <T> T call(Callable<T> task) {
        Future<T> future = executor.submit(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Finishes what was handed in and ends the thread. Idempotent. */
    @Override
    public void close() {
        executor.close();
    }
}
