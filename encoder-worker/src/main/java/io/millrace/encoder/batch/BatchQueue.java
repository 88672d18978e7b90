package io.millrace.encoder.batch;

import io.grpc.Status;
import io.millrace.encoder.batch.EncodeJob.Slot;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The owner of the model: one thread takes requests from a bounded channel, cuts inference batches, has them run and hands
 * out what they gave. Only roles that need inference come here.
 *
 * <p>Some batches of documents run at once, so that no inference thread waits for the last one of a batch; queries wait for
 * none of them. Requests whose caller is gone, or that were not started in time, are dropped before each batch. Submitting is
 * safe from any thread.
 */
public final class BatchQueue implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BatchQueue.class);
    private static final long OFFER_MILLIS = 100;

    private final SparseEncoder encoder;
    private final BatchLimits limits;
    private final EncoderMetrics metrics;
    private final BlockingQueue<Command> channel;
    private final CompletableFuture<TokenBudget> ready = new CompletableFuture<>();
    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    private final Thread owner;

    // Below: the owner thread's own.
    private final Map<TextRole, SortedWindow> windows =
            new EnumMap<>(TextRole.class); // queries first, as they are declared
    private final List<EncodeJob> live = new ArrayList<>();

    // Written by the owner thread, read by scrapes.
    private volatile long queuedQueryTokens;
    private volatile long queuedDocumentTokens;

    private volatile boolean closing;
    private volatile long closeDeadlineNanos;
    private volatile boolean terminated; // set before the channel is emptied for the last time

    private sealed interface Command {
        record Submit(EncodeJob job) implements Command {}

        /** Makes an idle owner look at its flags. */
        record Wake() implements Command {}
    }

    private BatchQueue(SparseEncoder encoder, BatchLimits limits, EncoderMetrics metrics) {
        this.encoder = encoder;
        this.limits = limits;
        this.metrics = metrics;
        this.channel = new ArrayBlockingQueue<>(limits.channelRequests());
        windows.put(TextRole.QUERY, new SortedWindow(1, 1)); // one launch for what waits: latency before padding
        windows.put(TextRole.DOCUMENT, new SortedWindow(limits.windowBudgets(), limits.maxPaddingShare()));
        this.owner = Thread.ofPlatform().name("millrace-encoder").daemon().unstarted(this::own);
    }

    /** Starts the owner thread, and returns when the token budget is known and the model warm. */
    public static BatchQueue start(SparseEncoder encoder, BatchLimits limits, EncoderMetrics metrics) {
        BatchQueue queue = new BatchQueue(encoder, limits, metrics);
        queue.owner.start();
        TokenBudget budget = queue.ready.join();
        metrics.gauge(
                "millrace_encoder_queued_query_tokens",
                "Tokens of queries that wait for inference.",
                () -> queue.queuedQueryTokens);
        metrics.gauge(
                "millrace_encoder_queued_document_tokens",
                "Tokens of documents that wait for inference.",
                () -> queue.queuedDocumentTokens);
        metrics.gauge("millrace_encoder_token_budget", "Most padded tokens of an inference batch.", budget::current);
        return queue;
    }

    /** Completes when the owner thread has ended, after {@link #close} or on a defect. */
    public CompletableFuture<@Nullable Void> ended() {
        return ended;
    }

    /** Most padded tokens of an inference batch at present. */
    public int tokenBudget() {
        return ready.join().current();
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
        TokenBudget budget = new TokenBudget(startBudget());
        ready.complete(budget);
        try (Inference inference = new Inference(encoder, budget, limits.documentBatches(), metrics, this::wake)) {
            try {
                do {
                    inference.handOut();
                    dropStale();
                    start(inference, budget);
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

    /** Starts all batches for which there is room. */
    private void start(Inference inference, TokenBudget budget) {
        windows.forEach((role, window) -> {
            while (inference.hasRoom(role)) {
                List<Slot> batch = inference.again(role);
                if (batch.isEmpty()) {
                    batch = window.next(budget.current());
                    batch.forEach(slot -> slot.job().start(slot));
                }
                if (batch.isEmpty()) {
                    return;
                }
                inference.start(batch, role);
            }
        });
    }

    private int startBudget() {
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
            if (next instanceof Command.Submit(EncodeJob job)) {
                live.add(job);
                Objects.requireNonNull(windows.get(job.role()), "every role has a window")
                        .add(job);
            }
        }
        return !closing || (!live.isEmpty() && System.nanoTime() - closeDeadlineNanos < 0);
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
