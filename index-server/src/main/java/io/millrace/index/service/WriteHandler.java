package io.millrace.index.service;

import io.grpc.Status;
import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.ShardBatch;
import io.millrace.index.record.StoreException;
import io.millrace.index.shard.ShardBusyException;
import io.millrace.index.shard.ShardWriter;
import io.millrace.service.Refusals;
import io.millrace.v1.Stamp;
import io.millrace.v1.WriteRequest;
import io.millrace.v1.WriteResponse;
import io.millrace.v1.WriteResult;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Write: queues the batch with its shard and waits until it is durable and visible. */
final class WriteHandler {
    // A sync on a busy disk takes tens of milliseconds; a caller that brings no deadline is not kept for ever.
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    // About the time to write what is queued.
    private static final Duration RETRY_WHEN_BUSY = Duration.ofMillis(100);

    private final ShardRegistry shards;
    private final IndexMetrics metrics;

    WriteHandler(ShardRegistry shards, IndexMetrics metrics) {
        this.shards = shards;
        this.metrics = metrics;
    }

    WriteResponse write(WriteRequest request) {
        long begun = System.nanoTime();
        ShardWriter writer = ShardRefs.require(shards, request.getShard(), request.getEpoch());
        ShardBatch batch = WriteParser.parse(request);
        long patience = CallDeadline.nanosLeft(LONGEST_WAIT);
        BatchOutcome outcome = await(submit(writer, batch, begun + patience), patience);
        metrics.wrote(System.nanoTime() - begun);
        return response(outcome);
    }

    private CompletableFuture<BatchOutcome> submit(ShardWriter writer, ShardBatch batch, long deadlineNanos) {
        try {
            return writer.submit(batch, deadlineNanos);
        } catch (ShardBusyException e) {
            metrics.refused("write");
            throw Refusals.overloaded(String.valueOf(e.getMessage()), RETRY_WHEN_BUSY);
        } catch (IllegalStateException e) {
            throw Refusals.unavailable(String.valueOf(e.getMessage()));
        }
    }

    private static BatchOutcome await(CompletableFuture<BatchOutcome> pending, long patienceNanos) {
        try {
            return pending.get(patienceNanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw Status.DEADLINE_EXCEEDED
                    .withDescription(
                            "the write was not durable in time; it may still become so: send it again under the"
                                    + " same client_id and sequences")
                    .asRuntimeException();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Refusals.unavailable("the server is stopping; send the write again under the same sequences");
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        }
    }

    /** What a caller is told of a batch that failed in its shard; failures of storage stay what they are. */
    static RuntimeException failure(@Nullable Throwable cause) {
        return switch (cause) {
            case StoreException failed -> failed;
            case TimeoutException late ->
                Status.DEADLINE_EXCEEDED
                        .withDescription("the write's turn came after its deadline; nothing was written")
                        .withCause(late)
                        .asRuntimeException();
            case IllegalStateException closing -> Refusals.unavailable(String.valueOf(closing.getMessage()));
            case null, default -> new IllegalStateException("a write failed unexpectedly", cause);
        };
    }

    private static WriteResponse response(BatchOutcome outcome) {
        WriteResponse.Builder response = WriteResponse.newBuilder()
                .setAppliedIndex(outcome.appliedIndex())
                .setDurableIndex(outcome.durableIndex());
        for (BatchOutcome.Result result : outcome.results()) {
            response.addResults(WriteResult.newBuilder()
                    .setApplied(result.applied())
                    .setStamp(Stamp.newBuilder()
                            .setTime(result.stamp().time())
                            .setCoordinator(result.stamp().coordinator())));
        }
        return response.build();
    }
}
