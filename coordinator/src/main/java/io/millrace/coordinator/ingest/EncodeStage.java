package io.millrace.coordinator.ingest;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.catalog.EncodingSpace;
import io.millrace.coordinator.encode.SourceText;
import io.millrace.coordinator.encode.WorkerPool;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodedBatch;
import io.millrace.v1.TextRole;
import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;

/** Gathers puts into batches by estimated tokens, has them encoded, and hands them to their shards. */
final class EncodeStage extends Stage {
    // English text has about four characters a token; the worker batches by true tokens.
    private static final int CHARACTERS_PER_TOKEN = 4;
    // What a model reads of a text at most, about: a long text must not close a batch by what will be cut off.
    private static final int TOKENS_READ = 512;
    private static final BatchLimits LIMITS = new BatchLimits(64, 8_192, 5);
    // Enough to keep every credit of a handful of workers used; more would only wait for credit.
    private static final int BATCHES_UNDER_WAY = 32;
    private static final int DAMAGED_ANSWERS_TOLERATED = 3;

    private final DocumentPipeline pipeline;
    private final WorkerPool workers;
    private final Duration retryLimit;
    private final Semaphore underWay = new Semaphore(BATCHES_UNDER_WAY);

    EncodeStage(DocumentPipeline pipeline, WorkerPool workers, Duration retryLimit) {
        super("encode-" + pipeline.collection().getName(), LIMITS);
        this.pipeline = pipeline;
        this.workers = workers;
        this.retryLimit = retryLimit;
    }

    @Override
    void process(List<PendingOperation> batch) throws InterruptedException {
        try {
            underWay.acquire();
        } catch (InterruptedException e) {
            Status stopping = Status.UNAVAILABLE.withDescription("the coordinator is stopping; send this again");
            batch.forEach(operation -> fail(operation, stopping));
            throw e;
        }
        Thread.ofVirtual().start(() -> {
            try {
                encode(batch);
            } finally {
                underWay.release();
            }
        });
    }

    @Override
    long cost(PendingOperation operation) {
        DocumentSource source = operation.source();
        return Math.min(
                TOKENS_READ, 2 + (source.getTitle().length() + source.getText().length()) / CHARACTERS_PER_TOKEN);
    }

    @Override
    void fail(PendingOperation operation, Status status) {
        pipeline.fail(operation, status);
    }

    private void encode(List<PendingOperation> batch) {
        try {
            encodeAll(batch);
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT && batch.size() > 1) {
                // One text spoils the batch: find out which, so that only that one is refused.
                int half = batch.size() / 2;
                encode(batch.subList(0, half));
                encode(batch.subList(half, batch.size()));
            } else {
                batch.forEach(operation -> fail(operation, e.getStatus()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            batch.forEach(operation -> fail(operation, Status.UNAVAILABLE));
        } catch (RuntimeException e) {
            batch.forEach(operation -> fail(
                    operation,
                    Status.INTERNAL.withDescription("unexpected " + e + " while encoding; please report it")));
        }
    }

    private void encodeAll(List<PendingOperation> batch) throws InterruptedException {
        pipeline.metrics().encodeBatch().add(batch.size());
        EncodingSpace space = EncodingSpace.of(pipeline.collection());
        EncodeBatch.Builder request = EncodeBatch.newBuilder().setRole(TextRole.TEXT_ROLE_DOCUMENT);
        boolean textOnly = pipeline.collection().getEncodeTextOnly();
        batch.forEach(operation -> request.addTexts(SourceText.of(operation.source(), textOnly)));
        for (int attempt = 1; ; attempt++) {
            EncodedBatch answer = workers.encode(request.build(), space, retryLimit);
            try {
                List<SparseVector> vectors = VectorBlockCodec.decode(
                        answer.getVectors().getPayload().toByteArray(),
                        batch.size(),
                        answer.getVectors().getCrc32C());
                for (int i = 0; i < batch.size(); i++) {
                    PendingOperation operation = batch.get(i);
                    operation.vector = vectors.get(i);
                    operation.truncatedTokens = i < answer.getTruncatedTokensCount() ? answer.getTruncatedTokens(i) : 0;
                    pipeline.write(operation);
                }
                return;
            } catch (InvalidVectorException e) {
                if (attempt == DAMAGED_ANSWERS_TOLERATED) {
                    throw Status.UNAVAILABLE
                            .withDescription("the workers' answers cannot be read: " + e.getMessage())
                            .asRuntimeException();
                }
            }
        }
    }
}
