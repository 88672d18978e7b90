package io.millrace.encoder;

import io.grpc.Status;
import io.millrace.encoder.PendingBatch.Admitted;
import io.millrace.encoder.batch.BatchQueue;
import io.millrace.encoder.batch.EncodeJob;
import io.millrace.encoder.batch.EncoderMetrics;
import io.millrace.encoder.batch.Failure;
import io.millrace.encoder.models.ModelSlots;
import io.millrace.encoder.models.ServedModel;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeReply;
import io.millrace.vector.SparseVector;
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

    private final ModelSlots models;
    private final BatchQueue queue;
    private final Admission admission;
    private final EncoderMetrics metrics;
    private final HybridSpaces hybrids = new HybridSpaces();
    private final BatchRules rules;
    private final TokenizerLanes lanes;
    private final ExecutorService replies = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean draining;

    BatchIntake(ModelSlots models, BatchQueue queue, Admission admission, EncoderMetrics metrics, int threads) {
        this.models = models;
        this.queue = queue;
        this.admission = admission;
        this.metrics = metrics;
        this.rules = new BatchRules(models, hybrids);
        this.lanes = new TokenizerLanes(threads);
    }

    /** Refuses everything from now on. */
    void drain() {
        draining = true;
    }

    /** Takes a batch, or answers it with a refusal. */
    void accept(EncodeBatch batch, EncodeStream stream) {
        long arrivedNanos = System.nanoTime();
        Failure violation = draining ? shuttingDown() : rules.violation(batch).orElse(null);
        ServedModel model = violation == null
                ? models.find(BatchRules.modelSpace(batch))
                        .filter(ServedModel::acquire)
                        .orElse(null)
                : null;
        if (violation != null) {
            refuse(batch, stream, violation);
        } else if (model == null) { // unloaded just now
            refuse(batch, stream, rules.notServed(batch));
        } else if (!admission.tryReserve(bytes(batch))) {
            model.release();
            refuse(batch, stream, overloaded());
        } else {
            Admitted admitted = new Admitted(batch, stream, model);
            if (!start(admitted, arrivedNanos)) {
                release(admitted);
                refuse(batch, stream, draining ? shuttingDown() : overloaded());
            }
        }
    }

    /** Gives back what a batch holds. */
    private void release(Admitted admitted) {
        admission.release(bytes(admitted.batch()));
        admitted.model().release();
    }

    /** Begins to work on a batch; false = too many wait already. */
    private boolean start(Admitted admitted, long arrivedNanos) {
        TextRole role = role(admitted.batch());
        boolean query = role == TextRole.QUERY;
        if (admitted.encoder().needsInference(role)) {
            return lanes.offer(query, () -> tokenize(admitted, arrivedNanos));
        }
        if (query) {
            // Some tens of microseconds: handing it over would cost more, and it delays only its own stream.
            lookUp(admitted);
            return true;
        }
        return lanes.offer(false, () -> lookUp(admitted));
    }

    private void tokenize(Admitted admitted, long arrivedNanos) {
        EncodeBatch batch = admitted.batch();
        try {
            if (admitted.stream().gone()) { // nothing is worth tokenising; a late batch is for the queue to drop
                metrics.dropped("cancelled");
                answer(admitted, new Failure(Status.Code.CANCELLED, "the caller is gone"));
            } else {
                List<TokenizedText> texts = tokenize(admitted);
                long latestStartNanos = arrivedNanos + timeout(batch).toNanos();
                PendingBatch pending = new PendingBatch(admitted, texts, this);
                queue.submit(new EncodeJob(admitted.encoder(), role(batch), texts, latestStartNanos, pending));
            }
        } catch (InterruptedException stopped) {
            answer(admitted, shuttingDown());
        } catch (RuntimeException | Error e) { // whatever a tokenizer throws, its batch must be answered
            answer(admitted, unreadable(batch, e));
        }
        admitted.stream().taken();
    }

    /** Tokens and vectors from a table: no queue, no inference thread, and answered by the thread that made them. */
    private void lookUp(Admitted admitted) {
        EncodeBatch batch = admitted.batch();
        SparseEncoder encoder = admitted.encoder();
        EncodeReply reply;
        try {
            List<TokenizedText> texts = tokenize(admitted);
            reply = reply(admitted, texts, encoder.encode(texts, role(batch)));
            metrics.lookedUp(role(batch), texts);
        } catch (RuntimeException | Error e) { // as above
            reply = EncodeStream.reply(batch, unreadable(batch, e));
        }
        try {
            admitted.stream().takenAndAnswered(batch, reply);
        } finally {
            release(admitted);
        }
    }

    /** The reply with a batch's vectors: the model's, and the lexical terms that the batch asks for. */
    EncodeReply reply(Admitted admitted, List<TokenizedText> texts, List<SparseVector> learned) {
        EncodeBatch batch = admitted.batch();
        EncodedReply reply = new EncodedReply(batch, admitted.encoder());
        if (!batch.hasHybrid()) {
            return reply.of(texts, learned);
        }
        try {
            return reply.of(texts, learned, hybrids.of(admitted.encoder(), batch.getHybrid()), role(batch));
        } catch (HybridSpaces.Refused e) {
            return EncodeStream.reply(batch, e.failure());
        }
    }

    private static Failure unreadable(EncodeBatch batch, Throwable e) {
        LOG.error("a batch of {} texts cannot be tokenised", batch.getTextsCount(), e);
        Status.Code code = e instanceof OutOfMemoryError ? Status.Code.RESOURCE_EXHAUSTED : Status.Code.INTERNAL;
        String message = "texts: cannot be tokenised: " + e + "; send fewer together to find the one at fault";
        return new Failure(code, message, "texts");
    }

    private static List<TokenizedText> tokenize(Admitted admitted) {
        EncodeBatch batch = admitted.batch();
        SparseEncoder encoder = admitted.encoder();
        List<TokenizedText> texts = encoder.tokenize(batch.getTextsList(), role(batch));
        if (texts.size() != batch.getTextsCount()) {
            throw new IllegalStateException("the tokenizer of " + encoder.name() + " gave " + texts.size()
                    + " texts for " + batch.getTextsCount());
        }
        return texts;
    }

    /** Answers a batch that was let in with a failure. */
    void answer(Admitted admitted, Failure failure) {
        answer(admitted, () -> EncodeStream.reply(admitted.batch(), failure));
    }

    /** Answers a batch that was let in, on a thread that may take its time, and gives its room and its model back. */
    void answer(Admitted admitted, Supplier<EncodeReply> result) {
        EncodeBatch batch = admitted.batch();
        EncodeStream stream = admitted.stream();
        if (stream.gone()) {
            release(admitted);
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
                release(admitted);
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
