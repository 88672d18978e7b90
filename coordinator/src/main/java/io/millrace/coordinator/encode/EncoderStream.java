package io.millrace.coordinator.encode;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeReply;
import io.millrace.v1.EncodedBatch;
import io.millrace.v1.EncoderWorkerGrpc.EncoderWorkerStub;
import io.millrace.v1.ItemError;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One bidirectional encode stream to one worker. A batch is sent only against a credit of the worker; when the stream
 * breaks, every batch on it fails with the stream's status. Safe for any thread.
 */
final class EncoderStream implements StreamObserver<EncodeReply> {
    private final Runnable onCredit;
    private final Runnable onEnd;
    private final Map<Long, CompletableFuture<EncodedBatch>> outstanding = new HashMap<>();
    private @Nullable StreamObserver<EncodeBatch> requests;
    private long nextBatchId = 1;
    private int credit;
    private volatile @Nullable Status ended; // written under the lock, read without: it is looked at under other locks

    /**
     * A stream not yet opened.
     *
     * @param onCredit told, without a lock held, when credit arrived; must not block
     * @param onEnd told, without a lock held, when the stream has ended; must not block
     */
    EncoderStream(Runnable onCredit, Runnable onEnd) {
        this.onCredit = onCredit;
        this.onEnd = onEnd;
    }

    /** Opens the stream; credit arrives later. */
    synchronized void open(EncoderWorkerStub stub) {
        requests = stub.encode(this);
    }

    /** Whether a batch could be sent now. */
    synchronized boolean hasCredit() {
        return ended == null && credit > 0;
    }

    /** Batches sent and not yet answered. */
    synchronized int outstandingBatches() {
        return outstanding.size();
    }

    boolean hasEnded() {
        return ended != null;
    }

    /** Sends a batch if there is credit; its number is set here. Null if there was none. */
    synchronized @Nullable CompletableFuture<EncodedBatch> trySend(EncodeBatch.Builder batch) {
        if (requests == null || ended != null || credit == 0) {
            return null;
        }
        credit--;
        long id = nextBatchId++;
        CompletableFuture<EncodedBatch> answer = new CompletableFuture<>();
        outstanding.put(id, answer);
        requests.onNext(batch.setBatchId(id).build());
        return answer;
    }

    /** Ends the stream from our side; outstanding batches fail. */
    void cancel(Status reason) {
        StreamObserver<EncodeBatch> open;
        synchronized (this) {
            open = requests;
        }
        end(reason);
        if (open != null) {
            try {
                open.onError(reason.asRuntimeException());
            } catch (IllegalStateException alreadyEnded) {
                // The worker ended it first; nothing is left to tell it.
            }
        }
    }

    @Override
    public void onNext(EncodeReply reply) {
        switch (reply.getKindCase()) {
            case CREDIT -> add(reply.getCredit().getBatches());
            case BATCH -> take(reply.getBatch().getBatchId()).complete(reply.getBatch());
            case FAILURE ->
                take(reply.getFailure().getBatchId())
                        .completeExceptionally(
                                status(reply.getFailure().getError()).asRuntimeException());
            case KIND_NOT_SET -> cancel(Status.INTERNAL.withDescription("the worker sent an empty reply"));
        }
        if (reply.getGrantedBatches() > 0) {
            add(reply.getGrantedBatches());
        }
    }

    private void add(int batches) {
        synchronized (this) {
            credit += batches;
        }
        onCredit.run();
    }

    @Override
    public void onError(Throwable t) {
        end(Status.fromThrowable(t));
    }

    @Override
    public void onCompleted() {
        end(Status.UNAVAILABLE.withDescription("the worker closed the stream"));
    }

    private void end(Status reason) {
        List<CompletableFuture<EncodedBatch>> failed;
        synchronized (this) {
            if (ended != null) {
                return;
            }
            ended = reason;
            failed = List.copyOf(outstanding.values());
            outstanding.clear();
        }
        failed.forEach(answer -> answer.completeExceptionally(reason.asRuntimeException()));
        onEnd.run();
    }

    private synchronized CompletableFuture<EncodedBatch> take(long batchId) {
        CompletableFuture<EncodedBatch> answer = outstanding.remove(batchId);
        // A batch that was given up on: its late answer goes nowhere.
        return answer == null ? new CompletableFuture<>() : answer;
    }

    private static Status status(ItemError error) {
        return Status.fromCodeValue(error.getCode()).withDescription(error.getMessage());
    }
}
