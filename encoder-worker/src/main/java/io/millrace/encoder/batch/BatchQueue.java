package io.millrace.encoder.batch;

import io.grpc.Status;
import io.millrace.encoder.batch.ModelQueue.Batch;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The owner of the models: one thread takes requests from a bounded channel, cuts inference batches, has them run and hands
 * out what they gave. Only roles that need inference come here. Batches are of one model each; where several models have
 * something waiting, they take turns, and together they have no more room than one alone.
 *
 * <p>Some batches of documents run at once, so that no inference thread waits for the last one of a batch; queries wait for
 * none of them. Requests whose caller is gone, or that were not started in time, are dropped before each batch. Submitting is
 * safe from any thread.
 */
public final class BatchQueue implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BatchQueue.class);
    private static final long OFFER_MILLIS = 100;
    private static final List<TextRole> ROLES = List.of(TextRole.QUERY, TextRole.DOCUMENT);

    private final BatchLimits limits;
    private final EncoderMetrics metrics;
    private final BlockingQueue<Command> channel;
    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    private final Thread owner;

    // Below: the owner thread's own.
    private final Map<SparseEncoder, ModelQueue> queues = new LinkedHashMap<>();
    private final Map<TextRole, SparseEncoder> last = new EnumMap<>(TextRole.class); // whose batch was started last
    private final List<EncodeJob> live = new ArrayList<>();

    // Written by the owner thread, read by others.
    private volatile int tokenBudget;
    private volatile long queuedQueryTokens;
    private volatile long queuedDocumentTokens;

    private volatile boolean closing;
    private volatile long closeDeadlineNanos;
    private volatile boolean terminated; // set before the channel is emptied for the last time

    private sealed interface Command {
        record Submit(EncodeJob job) implements Command {}

        /** From here on there are requests of a model. */
        record Add(ModelQueue queue) implements Command {}

        /** From here on there are none any more, and none waits. */
        record Remove(SparseEncoder encoder) implements Command {}

        /** Makes an idle owner look at its flags. */
        record Wake() implements Command {}
    }

    private BatchQueue(BatchLimits limits, EncoderMetrics metrics) {
        this.limits = limits;
        this.metrics = metrics;
        this.channel = new ArrayBlockingQueue<>(limits.channelRequests());
        this.owner = Thread.ofPlatform().name("millrace-encoder").daemon().unstarted(this::own);
    }

    /** Starts the owner thread, and returns when the token budget is known and the model warm. */
    public static BatchQueue start(SparseEncoder encoder, BatchLimits limits, EncoderMetrics metrics) {
        BatchQueue queue = new BatchQueue(limits, metrics);
        ModelQueue first = queue.warmedUp(encoder);
        queue.queues.put(encoder, first);
        queue.tokenBudget = first.budget().current();
        queue.owner.start();
        metrics.gauge(
                "millrace_encoder_queued_query_tokens",
                "Tokens of queries that wait for inference.",
                () -> queue.queuedQueryTokens);
        metrics.gauge(
                "millrace_encoder_queued_document_tokens",
                "Tokens of documents that wait for inference.",
                () -> queue.queuedDocumentTokens);
        metrics.gauge("millrace_encoder_token_budget", "Most padded tokens of an inference batch.", queue::tokenBudget);
        return queue;
    }

    /**
     * Begins to take requests of a further model; returns when its token budget is known and it is warm.
     *
     * @throws InterruptedException if interrupted before the owner was told; the model is then not taken in
     */
    public void add(SparseEncoder encoder) throws InterruptedException {
        hand(new Command.Add(warmedUp(encoder)));
    }

    /**
     * Forgets a model, all of whose requests have been answered.
     *
     * @throws InterruptedException if interrupted before the owner was told
     */
    public void remove(SparseEncoder encoder) throws InterruptedException {
        hand(new Command.Remove(encoder));
    }

    /** Hands a command over, unless the queue is closing and nobody needs it any more. */
    private void hand(Command command) throws InterruptedException {
        boolean taken = false;
        while (!taken && !closing) {
            taken = channel.offer(command, OFFER_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private ModelQueue warmedUp(SparseEncoder encoder) {
        return new ModelQueue(encoder, new TokenBudget(startBudget(encoder)), limits);
    }

    /** Completes when the owner thread has ended, after {@link #close} or on a defect. */
    public CompletableFuture<@Nullable Void> ended() {
        return ended;
    }

    /** Most padded tokens of an inference batch at present, the least of all models. */
    public int tokenBudget() {
        return tokenBudget;
    }

    /** Tokens that wait for inference, of queries and documents together, as of the last batch. */
    public long queuedTokens() {
        return queuedQueryTokens + queuedDocumentTokens;
    }

    /**
     * Hands a request over, waiting while the channel is full. After {@link #close} it fails at once with UNAVAILABLE.
     *
     * @throws InterruptedException if interrupted before the request was handed over; its caller hears nothing
     */
    public void submit(EncodeJob job) throws InterruptedException {
        Command.Submit command = new Command.Submit(job);
        while (!closing) {
            if (channel.offer(command, OFFER_MILLIS, TimeUnit.MILLISECONDS)) {
                // The owner may have left between: whoever takes the command out of the channel answers it.
                if (terminated && channel.remove(command)) {
                    break;
                }
                return;
            }
        }
        shutDown(job);
    }

    /** Finishes what was taken in, for at most this long, and fails the rest with UNAVAILABLE. Idempotent. */
    public boolean close(Duration drain) {
        closeDeadlineNanos = System.nanoTime() + drain.toNanos();
        closing = true;
        wake();
        try {
            // Batches that run can't be interrupted: an engine would leave its memory in an unknown state.
            return owner.join(drain.plusSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !owner.isAlive();
        }
    }

    /** Fails what waits with UNAVAILABLE, after the batches that run. */
    @Override
    public void close() {
        if (!close(Duration.ZERO)) {
            LOG.warn("the batches that run did not end in time");
        }
    }

    private void wake() {
        // A full channel means an owner that has something to take and so will look at everything else too.
        boolean woken = channel.offer(new Command.Wake());
        LOG.trace("owner woken: {}", woken);
    }

    private void own() {
        try (Inference inference = new Inference(limits.documentBatches(), metrics, this::wake)) {
            try {
                do {
                    inference.handOut();
                    dropStale();
                    start(inference);
                } while (receive());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException | Error e) {
                LOG.error("the encoder thread ends on a defect; this worker can encode no more", e);
            }
            inference.finish();
        } finally {
            terminate();
            ended.complete(null);
        }
    }

    /** Starts all batches for which there is room, queries first. */
    private void start(Inference inference) {
        for (TextRole role : ROLES) {
            while (inference.hasRoom(role)) {
                Optional<Batch> batch = inference.again(role);
                if (batch.isEmpty()) {
                    batch = next(role);
                    batch.ifPresent(
                            fresh -> fresh.slots().forEach(slot -> slot.job().start(slot)));
                }
                if (batch.isEmpty()) {
                    break;
                }
                inference.start(batch.get());
            }
        }
        tokenBudget = queues.values().stream()
                .mapToInt(queue -> queue.budget().current())
                .min()
                .orElse(0);
    }

    /** The next batch of a role, of the models in turn: the one that was served last comes last. */
    private Optional<Batch> next(TextRole role) {
        List<ModelQueue> turn = new ArrayList<>(queues.values());
        int served = new ArrayList<>(queues.keySet()).indexOf(last.get(role));
        Collections.rotate(turn, -(served + 1));
        for (ModelQueue queue : turn) {
            Batch batch = queue.next(role);
            if (!batch.isEmpty()) {
                last.put(role, queue.encoder());
                return Optional.of(batch);
            }
        }
        return Optional.empty();
    }

    private int startBudget(SparseEncoder encoder) {
        if (limits.tokenBudget() > 0) {
            return limits.tokenBudget();
        }
        if (Stream.of(TextRole.values()).noneMatch(encoder::needsInference)) {
            return TokenBudget.DEFAULT_TOKENS; // nothing comes here
        }
        try {
            int measured = TokenBudget.measure(encoder, System::nanoTime);
            LOG.info("token budget {} found at warm-up", measured);
            return measured;
        } catch (RuntimeException | Error e) { // a start must not hang on it: the first request shows what is wrong
            LOG.error("warm-up failed, token budget {}", TokenBudget.DEFAULT_TOKENS, e);
            return TokenBudget.DEFAULT_TOKENS;
        }
    }

    /** Waits until there is something to take over, and does; false = time to leave. */
    private boolean receive() throws InterruptedException {
        live.removeIf(EncodeJob::finished);
        for (Command next = nextCommand(); next != null; next = channel.poll()) {
            switch (next) {
                case Command.Submit(EncodeJob job) -> take(job);
                case Command.Add(ModelQueue queue) -> queues.put(queue.encoder(), queue);
                case Command.Remove(SparseEncoder encoder) -> queues.remove(encoder);
                case Command.Wake() -> {}
            }
        }
        return !closing || (!live.isEmpty() && System.nanoTime() - closeDeadlineNanos < 0);
    }

    private void take(EncodeJob job) {
        live.add(job);
        ModelQueue queue = queues.get(job.encoder());
        if (queue == null) {
            metrics.dropped("unloaded");
            job.fail(new Failure(
                    Status.Code.FAILED_PRECONDITION,
                    "model " + job.encoder().name() + " is not served here any more; ask DescribeModel again"));
        } else {
            queue.add(job);
        }
    }

    private @Nullable Command nextCommand() throws InterruptedException {
        if (!closing) {
            return channel.take();
        }
        long left = live.isEmpty() ? 0 : closeDeadlineNanos - System.nanoTime();
        return channel.poll(left, TimeUnit.NANOSECONDS);
    }

    private void dropStale() {
        long now = System.nanoTime();
        long queryTokens = 0;
        long documentTokens = 0;
        for (EncodeJob job : live) {
            if (job.waitingTokens() == 0) {
                continue; // nothing to save
            }
            if (job.callerGone()) {
                metrics.dropped("cancelled");
                job.fail(new Failure(Status.Code.CANCELLED, "the caller is gone; nothing was computed for it"));
            } else if (job.late(now)) {
                metrics.dropped("deadline");
                job.fail(new Failure(
                        Status.Code.DEADLINE_EXCEEDED,
                        "the batch was not started within its timeout, behind " + queuedTokens()
                                + " queued tokens; send it again, to another worker or with a larger timeout_millis"));
            }
            if (job.role() == TextRole.QUERY) {
                queryTokens += job.waitingTokens();
            } else {
                documentTokens += job.waitingTokens();
            }
        }
        queuedQueryTokens = queryTokens;
        queuedDocumentTokens = documentTokens;
    }

    private void terminate() {
        closing = true;
        terminated = true;
        List<Command> rest = new ArrayList<>();
        channel.drainTo(rest);
        for (Command command : rest) {
            if (command instanceof Command.Submit(EncodeJob job)) {
                live.add(job);
            }
        }
        live.removeIf(EncodeJob::finished);
        live.forEach(this::shutDown);
        queuedQueryTokens = 0;
        queuedDocumentTokens = 0;
    }

    private void shutDown(EncodeJob job) {
        metrics.dropped("shutdown");
        job.fail(new Failure(Status.Code.UNAVAILABLE, "the worker is shutting down; send the batch to another worker"));
    }
}
