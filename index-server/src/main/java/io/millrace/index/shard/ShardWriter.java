package io.millrace.index.shard;

import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.IndexedBatch;
import io.millrace.index.batch.ShardBatch;
import io.millrace.index.record.ShardCheckpoint;
import io.millrace.index.record.StoreException;
import io.millrace.index.store.ShardStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The owner thread of a shard that orders its own writes: batches from many callers queue up, and whatever has queued
 * while the disk synced goes into the next sync together. The queue is bounded in batches and bytes; beyond, a batch is
 * refused at once. Safe for any thread.
 */
public final class ShardWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShardWriter.class);

    // One sync's worth: enough to hide the sync's cost, little enough that its first caller does not wait long.
    private static final int GROUP_OPERATIONS = 4_096;
    private static final long GROUP_BYTES = 16L << 20;
    private static final int QUEUED_BATCHES = 1_024;
    private static final long QUEUED_BYTES = 64L << 20;

    private sealed interface Step {}

    private record Submission(
            ShardBatch batch, long sizeBytes, long deadlineNanos, CompletableFuture<BatchOutcome> outcome)
            implements Step {}

    private record Task(Runnable work) implements Step {}

    private record Stop() implements Step {}

    // Submissions are bounded by the backlog, tasks by one flush and one merge.
    private final LinkedBlockingQueue<Step> steps = new LinkedBlockingQueue<>();
    private final Backlog backlog = new Backlog(QUEUED_BATCHES, QUEUED_BYTES);
    // Operations of bulk loads that are queued or under way.
    private final AtomicLong loading = new AtomicLong();
    private final AtomicBoolean nudged = new AtomicBoolean();
    private final Shard shard;
    private final ShardLimits limits;
    private final Thread thread;
    private volatile boolean stopping;

    private ShardWriter(
            ShardStore store, ShardLimits limits, Executor flushes, Executor merges, ShardObserver observer) {
        this.limits = limits;
        this.shard = Shard.open(store, limits, new ShardExecutors(this::enqueue, flushes, merges), observer);
        this.thread = Thread.ofPlatform()
                .name("shard-" + store.descriptor().identity())
                .daemon()
                .unstarted(this::run);
    }

    /** Opens a shard and starts its owner thread. */
    public static ShardWriter start(
            ShardStore store, ShardLimits limits, Executor flushes, Executor merges, ShardObserver observer) {
        ShardWriter writer = new ShardWriter(store, limits, flushes, merges, observer);
        writer.thread.start();
        return writer;
    }

    /** The shard, to read from. */
    public Shard shard() {
        return shard;
    }

    /** Batches waiting for their turn. */
    public long queued() {
        return backlog.batches();
    }

    /**
     * Whether a flush or merge is under way or about to be when all that is queued now has been done; false at once while closing, which
     * waits for both.
     */
    public CompletableFuture<Boolean> maintaining() {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        enqueue(() -> answer.complete(!shard.isSettled()));
        if (stopping) {
            // The owner may have passed its last look at the queue.
            answer.complete(false);
        }
        return answer;
    }

    /**
     * Queues a batch.
     *
     * @param batch what to apply
     * @param deadlineNanos {@link System#nanoTime} after which the batch is not begun any more
     * @return its outcome once it is durable and visible; fails with {@link TimeoutException} if its turn came too late,
     *     with {@link io.millrace.index.record.StoreException} if the store did, with {@link IllegalStateException} if
     *     the shard closed
     * @throws ShardBusyException if the queue is full, or flushing has fallen behind
     */
    public CompletableFuture<BatchOutcome> submit(ShardBatch batch, long deadlineNanos) {
        long bytes = batch.sizeBytes();
        ShardSize size = shard.size();
        // What a load has queued counts as buffered already: otherwise it would pass its bound by that much.
        long buffered = size.bufferedDocuments() + (batch.bulk() ? loading.get() : 0);
        if (limits.overfull(buffered, size.bufferedPostings(), batch.bulk())) {
            nudge();
            throw new ShardBusyException("shard " + shard.descriptor().identity() + " has " + size.bufferedDocuments()
                    + " documents in its write buffer and cannot make segments of them as fast as they come");
        }
        if (!backlog.tryAdd(bytes, batch.bulk())) {
            throw new ShardBusyException("shard " + shard.descriptor().identity() + " has " + backlog
                    + " waiting to be written; the limits are " + QUEUED_BATCHES + " batches and "
                    + (QUEUED_BYTES >> 20) + " MiB, half of them for bulk loads");
        }
        CompletableFuture<BatchOutcome> outcome = new CompletableFuture<>();
        if (batch.bulk()) {
            loading.addAndGet(batch.operations().size());
        }
        steps.add(new Submission(batch, bytes, deadlineNanos, outcome));
        if (stopping) {
            // The owner may have passed its last look at the queue, or may just apply it.
            outcome.completeExceptionally(closed("send the batch again, under the same sequences,"));
        }
        return outcome;
    }

    /**
     * Queues a checkpoint: a database of all that was acknowledged before this call, and of what was queued before it.
     * Batches queued behind it wait while it flushes and links files, searches do not.
     *
     * @param into directory that does not exist yet, on the file system of the shard
     * @param deadlineNanos {@link System#nanoTime} after which it is not begun any more
     * @return what it holds; fails as {@link #submit} does, and with {@link java.io.UncheckedIOException} if files
     *     cannot be written. Nothing is written to the directory any more once this is done
     */
    public CompletableFuture<ShardCheckpoint> checkpoint(Path into, long deadlineNanos) {
        CompletableFuture<ShardCheckpoint> made = new CompletableFuture<>();
        AtomicBoolean taken = new AtomicBoolean();
        enqueue(() -> {
            if (taken.compareAndSet(false, true)) {
                checkpoint(into, deadlineNanos, made);
            }
        });
        if (stopping && taken.compareAndSet(false, true)) {
            // The owner may have passed its last look at the queue.
            made.completeExceptionally(closed("take the snapshot again"));
        }
        return made;
    }

    /** Refuses new batches, finishes what is under way, and closes the shard. */
    @Override
    public void close() {
        if (stopping) {
            return;
        }
        stopping = true;
        steps.add(new Stop());
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        shard.close();
    }

    /** Has the owner look whether a flush can be tried again: while batches are refused, nothing else would. */
    private void nudge() {
        if (nudged.compareAndSet(false, true)) {
            enqueue(() -> {
                nudged.set(false);
                shard.considerMaintenance();
            });
        }
    }

    private void enqueue(Runnable work) {
        steps.add(new Task(work));
    }

    private void run() {
        boolean running = true;
        @Nullable Step next = null;
        while (running || shard.isMaintaining()) {
            Step step = next == null ? take() : next;
            next = null;
            switch (step) {
                case Task task -> perform(task.work());
                case Submission first -> next = applyGroup(first, running);
                case Stop stop -> {
                    running = false;
                    shard.stopMaintenance();
                }
            }
        }
        for (Step step = next == null ? steps.poll() : next; step != null; step = steps.poll()) {
            if (step instanceof Submission late) {
                late.outcome().completeExceptionally(closed("send the batch again, under the same sequences,"));
            }
        }
    }

    /** Applies a submission and those queued behind it; returns the first step that does not belong to them. */
    private @Nullable Step applyGroup(Submission first, boolean running) {
        List<Submission> group = new ArrayList<>();
        group.add(first);
        int operations = first.batch().operations().size();
        long bytes = first.sizeBytes();
        @Nullable Step next = steps.poll();
        while (next instanceof Submission submission && operations < GROUP_OPERATIONS && bytes < GROUP_BYTES) {
            group.add(submission);
            operations += submission.batch().operations().size();
            bytes += submission.sizeBytes();
            next = steps.poll();
        }
        backlog.remove(group.size(), bytes);
        if (running) {
            perform(() -> apply(group));
        } else {
            group.forEach(submission -> submission
                    .outcome()
                    .completeExceptionally(closed("send the batch again, under the same sequences,")));
        }
        for (Submission submission : group) {
            if (submission.batch().bulk()) {
                loading.addAndGet(-submission.batch().operations().size());
            }
        }
        return next;
    }

    private void apply(List<Submission> group) {
        long now = System.nanoTime();
        List<Submission> due = new ArrayList<>();
        List<IndexedBatch> batches = new ArrayList<>();
        for (Submission submission : group) {
            if (submission.deadlineNanos() - now < 0) {
                submission.outcome().completeExceptionally(new TimeoutException("nothing was written"));
            } else {
                batches.add(new IndexedBatch(shard.nextIndex() + due.size(), submission.batch()));
                due.add(submission);
            }
        }
        if (due.isEmpty()) {
            return;
        }
        try {
            List<BatchOutcome> outcomes = shard.apply(batches);
            for (int i = 0; i < due.size(); i++) {
                due.get(i).outcome().complete(outcomes.get(i));
            }
        } catch (RuntimeException | Error e) {
            due.forEach(submission -> submission.outcome().completeExceptionally(e));
            throw e;
        }
    }

    private void checkpoint(Path into, long deadlineNanos, CompletableFuture<ShardCheckpoint> made) {
        if (deadlineNanos - System.nanoTime() < 0) {
            made.completeExceptionally(new TimeoutException("nothing was written"));
            return;
        }
        try {
            made.complete(shard.checkpoint(into));
        } catch (RuntimeException | Error e) {
            made.completeExceptionally(e);
            throw e;
        }
    }

    /** One failed step must not end the thread: the shard is read-only then, and says so to every caller. */
    private void perform(Runnable work) {
        try {
            work.run();
        } catch (StoreException e) {
            LOG.error("shard {}: {}", shard.descriptor().identity(), e.getMessage());
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("shard {}: a step failed", shard.descriptor().identity(), e);
        }
    }

    private Step take() {
        while (true) {
            try {
                return steps.take();
            } catch (InterruptedException e) {
                // Nothing of ours interrupts the owner; a stop arrives as a step.
                LOG.warn("shard {}: interrupt ignored", shard.descriptor().identity());
            }
        }
    }

    private IllegalStateException closed(String whatToDo) {
        return new IllegalStateException(
                "shard " + shard.descriptor().identity() + " is closing; " + whatToDo + " when it is back");
    }
}
