package io.millrace.encoder;

import io.grpc.Status;
import io.millrace.encoder.batch.BatchQueue;
import io.millrace.encoder.batch.EncodeJob;
import io.millrace.encoder.batch.EncoderMetrics;
import io.millrace.encoder.batch.Failure;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeReply;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a batch from its stream into the queue: checked, let in, tokenised, handed over. Every batch is answered
 * once, and its room given back once, whatever goes wrong on the way. Safe for any thread.
 */
final class BatchIntake implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BatchIntake.class);
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration RETRY_AFTER = Duration.ofMillis(100);
    // What a text costs beside its bytes: string, token array, slot, vector to come.
    private static final int BYTES_PER_TEXT = 512;

    private final SparseEncoder encoder;
    private final BatchQueue queue;
    private final Admission admission;
    private final EncoderMetrics metrics;
    private final BatchRules rules;
    private final TokenizerLanes lanes;
    private final ExecutorService replies = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean draining;

    BatchIntake(SparseEncoder encoder, BatchQueue queue, Admission admission, EncoderMetrics metrics, int threads) {
        this.encoder = encoder;
        this.queue = queue;
        this.admission = admission;
        this.metrics = metrics;
        this.rules = BatchRules.of(encoder);
        this.lanes = new TokenizerLanes(threads);
    }

    SparseEncoder encoder() {
        return encoder;
    }

    /** Refuses everything from now on. */
    void drain() {
        draining = true;
    }

    /** Takes a batch, or answers it with a refusal. */
    void accept(EncodeBatch batch, EncodeStream stream) {
        long arrivedNanos = System.nanoTime();
        Failure violation = draining ? shuttingDown() : rules.violation(batch).orElse(null);
        if (violation != null) {
            refuse(batch, stream, violation);
        } else if (!admission.tryReserve(bytes(batch))) {
            refuse(batch, stream, overloaded());
        } else if (!start(batch, stream, arrivedNanos)) {
            admission.release(bytes(batch));
            refuse(batch, stream, draining ? shuttingDown() : overloaded());
        }
    }

    /** Begins to work on a batch; false = too many wait already. */
    private boolean start(EncodeBatch batch, EncodeStream stream, long arrivedNanos) {
        boolean query = role(batch) == TextRole.QUERY;
        if (encoder.needsInference(role(batch))) {
            return lanes.offer(query, () -> tokenize(batch, stream, arrivedNanos));
        }
        if (query) {
            // Some tens of microseconds: handing it over would cost more, and it delays only its own stream.
            lookUp(batch, stream);
            return true;
        }
        return lanes.offer(false, () -> lookUp(batch, stream));
    }

    private void tokenize(EncodeBatch batch, EncodeStream stream, long arrivedNanos) {
        try {
            if (stream.gone()) { // nothing is worth tokenising; a late batch is for the queue to drop
                metrics.dropped("cancelled");
                answer(batch, stream, new Failure(Status.Code.CANCELLED, "the caller is gone"));
            } else {
                List<TokenizedText> texts = tokenize(batch);
                long latestStartNanos = arrivedNanos + timeout(batch).toNanos();
                PendingBatch pending = new PendingBatch(batch, texts, stream, this);
                queue.submit(new EncodeJob(role(batch), texts, latestStartNanos, pending));
            }
        } catch (InterruptedException stopped) {
            answer(batch, stream, shuttingDown());
        } catch (RuntimeException | Error e) { // whatever a tokenizer throws, its batch must be answered
            answer(batch, stream, unreadable(batch, e));
        }
        stream.taken();
    }

    /** Tokens and vectors from a table: no queue, no inference thread, and answered by the thread that made them. */
    private void lookUp(EncodeBatch batch, EncodeStream stream) {
        EncodeReply reply;
        try {
            List<TokenizedText> texts = tokenize(batch);
            reply = PendingBatch.reply(batch, texts, encoder.encode(texts, role(batch)), encoder);
            metrics.lookedUp(role(batch), texts);
        } catch (RuntimeException | Error e) { // as above
            reply = EncodeStream.reply(batch, unreadable(batch, e));
        }
        try {
            stream.takenAndAnswered(batch, reply);
        } finally {
            admission.release(bytes(batch));
        }
    }

    private static Failure unreadable(EncodeBatch batch, Throwable e) {
        LOG.error("a batch of {} texts cannot be tokenised", batch.getTextsCount(), e);
        Status.Code code = e instanceof OutOfMemoryError ? Status.Code.RESOURCE_EXHAUSTED : Status.Code.INTERNAL;
        String message = "texts: cannot be tokenised: " + e + "; send fewer together to find the one at fault";
        return new Failure(code, message, "texts");
    }

    private List<TokenizedText> tokenize(EncodeBatch batch) {
        List<TokenizedText> texts = encoder.tokenize(batch.getTextsList(), role(batch));
        if (texts.size() != batch.getTextsCount()) {
            throw new IllegalStateException("the tokenizer of " + encoder.name() + " gave " + texts.size()
                    + " texts for " + batch.getTextsCount());
        }
        return texts;
    }

    /** Answers a batch that was let in with a failure. */
    void answer(EncodeBatch batch, EncodeStream stream, Failure failure) {
        answer(batch, stream, () -> EncodeStream.reply(batch, failure));
    }

    /** Answers a batch that was let in, on a thread that may take its time, and gives its room back. */
    void answer(EncodeBatch batch, EncodeStream stream, Supplier<EncodeReply> result) {
        if (stream.gone()) {
            admission.release(bytes(batch));
            return;
        }
        replies.execute(() -> {
            EncodeReply reply;
            try {
                reply = result.get();
            } catch (RuntimeException | OutOfMemoryError e) {
                LOG.error("the vectors of {} texts make no reply", batch.getTextsCount(), e);
                String message = "the vectors make no reply: " + e + "; send fewer texts together";
                reply = EncodeStream.reply(batch, new Failure(Status.Code.INTERNAL, message));
            }
            try {
                stream.answer(batch, reply);
            } finally {
                admission.release(bytes(batch));
            }
        });
    }

    @Override
    public void close() {
        lanes.close();
        replies.shutdown();
    }

    private void refuse(EncodeBatch batch, EncodeStream stream, Failure failure) {
        metrics.refused(failure);
        stream.takenAndAnswered(batch, EncodeStream.reply(batch, failure));
    }

    private Failure overloaded() {
        return new Failure(
                Status.Code.RESOURCE_EXHAUSTED,
                "the worker holds " + admission.usedBytes() + " bytes of requests; the limit is " + admission.maxBytes()
                        + "; try again in " + RETRY_AFTER.toMillis() + " ms");
    }

    private static Failure shuttingDown() {
        return new Failure(Status.Code.UNAVAILABLE, "the worker is shutting down; send the batch to another worker");
    }

    private static long bytes(EncodeBatch batch) {
        long bytes = (long) BYTES_PER_TEXT * batch.getTextsCount();
        for (String text : batch.getTextsList()) {
            bytes += (long) Character.BYTES * text.length();
        }
        return bytes;
    }

    private static Duration timeout(EncodeBatch batch) {
        long millis = Integer.toUnsignedLong(batch.getTimeoutMillis());
        return millis == 0 ? DEFAULT_TIMEOUT : Duration.ofMillis(millis);
    }

    private static TextRole role(EncodeBatch batch) {
        return batch.getRole() == io.millrace.v1.TextRole.TEXT_ROLE_QUERY ? TextRole.QUERY : TextRole.DOCUMENT;
    }
}
