package io.millrace.trainer.data.stream;

import io.millrace.trainer.data.TrainingBatch;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Reads batches ahead on one thread, into a queue that holds a few. What fails there is thrown where the batch would have
 * been taken, behind those that were read before. Taken from by one thread; closed by any.
 */
public final class Prefetch implements BatchSource, AutoCloseable {
    /** How often a thread that waits looks whether it was told to end. */
    private static final long LOOK_MILLIS = 100;

    private sealed interface Item {
        record Read(TrainingBatch batch) implements Item {}

        record Failed(Throwable cause) implements Item {}
    }

    private final BlockingQueue<Item> queue;
    private final Thread reader;
    private volatile boolean closed;

    private Prefetch(BatchSource batches, int ahead) {
        this.queue = new ArrayBlockingQueue<>(ahead);
        this.reader = Thread.ofPlatform().name("millrace-batches").daemon().unstarted(() -> read(batches));
    }

    /**
     * Starts to read ahead.
     *
     * @param batches used by nobody else from now on
     * @param ahead most batches read and not taken yet
     * @throws IllegalArgumentException if {@code ahead} is below 1
     */
    public static Prefetch start(BatchSource batches, int ahead) {
        if (ahead < 1) {
            throw new IllegalArgumentException("batches read ahead are " + ahead + "; give 1 or more");
        }
        Prefetch prefetch = new Prefetch(batches, ahead);
        prefetch.reader.start();
        return prefetch;
    }

    private void read(BatchSource batches) {
        try {
            while (!closed) {
                put(new Item.Read(batches.next()));
            }
        } catch (IOException | RuntimeException | Error e) {
            put(new Item.Failed(e));
        }
    }

    /** Waits for a place in the queue, or for the end. */
    private void put(Item item) {
        boolean done = false;
        while (!done && !closed) {
            try {
                done = queue.offer(item, LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                // Nobody interrupts this thread but to end it, and then it is closed.
                return;
            }
        }
    }

    /**
     * The next batch, waited for.
     *
     * @throws IOException if reading failed, with the failure as its cause
     * @throws InterruptedIOException if the waiting thread is interrupted
     * @throws IllegalStateException if this is closed
     */
    @Override
    public TrainingBatch next() throws IOException {
        try {
            while (!closed) {
                Item item = queue.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                switch (item) {
                    case null -> {}
                    case Item.Read(TrainingBatch batch) -> {
                        return batch;
                    }
                    case Item.Failed(Throwable cause) -> {
                        closed = true;
                        throw new IOException(String.valueOf(cause.getMessage()), cause);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for a batch");
        }
        throw new IllegalStateException("the reader of batches is closed");
    }

    /** Ends reading and waits for the thread, so that what it reads from may be closed after this. Idempotent. */
    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        while (reader.isAlive()) {
            try {
                reader.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
