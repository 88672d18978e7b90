package io.millrace.index.service;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.ShardBatch;
import io.millrace.index.record.StoreException;
import io.millrace.index.shard.ShardBusyException;
import io.millrace.index.shard.ShardWriter;
import io.millrace.service.Refusals;
import io.millrace.v1.BulkLoadResponse;
import io.millrace.v1.WriteRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One caller's bulk load: batches are queued with their shard as they come, and answered in order, each once it is durable and
 * visible. Where the shard takes no more, the stream waits; so a caller is slowed down rather than refused, and what it can
 * make the server hold is bounded by {@value #REQUESTS} requests.
 *
 * <p>Requests come one after the other, on virtual threads that may wait; answers are sent one after the other on others.
 */
final class BulkLoadStream implements StreamObserver<WriteRequest> {
    // One is synced while the next is applied, one is read from the network, and one is spare.
    private static final int REQUESTS = 4;
    // A shard that takes nothing for so long has no room to wait for.
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
    // Some hundred documents are written meanwhile.
    private static final Duration PAUSE_WHEN_BUSY = Duration.ofMillis(5);
    private static final Duration RETRY_WHEN_BUSY = Duration.ofSeconds(1);

    private final ShardRegistry shards;
    private final IndexMetrics metrics;
    private final ServerCallStreamObserver<BulkLoadResponse> answers;
    private final Function<StoreException, StatusRuntimeException> refusal;
    // Requests that were answered and for which no other was asked for yet.
    private final AtomicInteger owed = new AtomicInteger();
    // Done when all requests so far are answered: true, or false if the stream has ended.
    private CompletableFuture<Boolean> answered = CompletableFuture.completedFuture(true);
    private volatile boolean ended;

    private BulkLoadStream(
            ShardRegistry shards,
            IndexMetrics metrics,
            ServerCallStreamObserver<BulkLoadResponse> answers,
            Function<StoreException, StatusRuntimeException> refusal) {
        this.shards = shards;
        this.metrics = metrics;
        this.answers = answers;
        this.refusal = refusal;
    }

    /**
     * Begins a load.
     *
     * @param refusal status of a failure of storage
     */
    static StreamObserver<WriteRequest> open(
            ShardRegistry shards,
            IndexMetrics metrics,
            ServerCallStreamObserver<BulkLoadResponse> answers,
            Function<StoreException, StatusRuntimeException> refusal) {
        BulkLoadStream stream = new BulkLoadStream(shards, metrics, answers, refusal);
        answers.disableAutoRequest();
        answers.setOnCancelHandler(() -> stream.ended = true);
        answers.setOnReadyHandler(stream::askForMore);
        answers.request(REQUESTS);
        return stream;
    }

    @Override
    public void onNext(WriteRequest request) {
        if (ended) {
            return;
        }
        long begun = System.nanoTime();
        CompletableFuture<BatchOutcome> written = begin(request);
        answered = answered.thenCompose(open -> open
                ? written.handleAsync((outcome, failure) -> answer(outcome, failure, begun), Thread::startVirtualThread)
                : CompletableFuture.completedFuture(false));
    }

    @Override
    public void onCompleted() {
        answered = answered.thenApply(open -> {
            if (open) {
                ended = true;
                answers.onCompleted();
            }
            return false;
        });
    }

    @Override
    public void onError(Throwable cause) {
        // The caller is gone; what it has sent is written, or will be sent again.
        ended = true;
    }

    private CompletableFuture<BatchOutcome> begin(WriteRequest request) {
        try {
            Refusals.requireTimeLeft();
            ShardWriter writer = ShardRefs.require(shards, request.getShard(), request.getEpoch());
            ShardBatch batch = WriteParser.parseBulk(request);
            return submit(writer, batch, System.nanoTime() + CallDeadline.nanosLeft(LONGEST_WAIT));
        } catch (StatusRuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Queues a batch, as soon as there is room. */
    private CompletableFuture<BatchOutcome> submit(ShardWriter writer, ShardBatch batch, long deadlineNanos) {
        while (true) {
            try {
                return writer.submit(batch, deadlineNanos);
            } catch (ShardBusyException e) {
                if (ended || System.nanoTime() - deadlineNanos > 0) {
                    metrics.refused("bulk");
                    throw Refusals.overloaded(String.valueOf(e.getMessage()), RETRY_WHEN_BUSY);
                }
                pause();
            } catch (IllegalStateException e) {
                throw Refusals.unavailable(String.valueOf(e.getMessage()));
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_WHEN_BUSY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Refusals.unavailable("the server is stopping; send what was not answered again");
        }
    }

    /** Answers one request, after those before it; returns whether the stream goes on. */
    private boolean answer(@Nullable BatchOutcome outcome, @Nullable Throwable failure, long begun) {
        if (ended) {
            return false;
        }
        if (outcome == null) {
            ended = true;
            answers.onError(refusalOf(failure));
            return false;
        }
        metrics.wrote(System.nanoTime() - begun);
        answers.onNext(response(outcome));
        owed.incrementAndGet();
        askForMore();
        return true;
    }

    private Throwable refusalOf(@Nullable Throwable failure) {
        if (failure instanceof StatusRuntimeException refused) {
            return refused;
        }
        return switch (WriteHandler.failure(failure)) {
            case StoreException failed -> refusal.apply(failed);
            case StatusRuntimeException refused -> refused;
            case RuntimeException defect ->
                Status.INTERNAL
                        .withDescription("unexpected " + failure + "; please report it")
                        .withCause(defect)
                        .asRuntimeException();
        };
    }

    /** Takes more in only while the caller reads its answers. */
    private void askForMore() {
        if (answers.isReady()) {
            int more = owed.getAndSet(0);
            if (more > 0) {
                answers.request(more);
            }
        }
    }

    private static BulkLoadResponse response(BatchOutcome outcome) {
        int applied = (int)
                outcome.results().stream().filter(BatchOutcome.Result::applied).count();
        return BulkLoadResponse.newBuilder()
                .setApplied(applied)
                .setSuperseded(outcome.results().size() - applied)
                .setAppliedIndex(outcome.appliedIndex())
                .setDurableIndex(outcome.durableIndex())
                .build();
    }
}
