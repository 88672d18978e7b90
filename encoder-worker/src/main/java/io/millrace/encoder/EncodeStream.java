package io.millrace.encoder;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.encoder.batch.Failure;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeCredit;
import io.millrace.v1.EncodeFailure;
import io.millrace.v1.EncodeReply;
import io.millrace.v1.ItemError;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One caller's stream: keeps the books of its credit, and sends results no faster than the caller reads them.
 *
 * <p>A credit comes back when its batch has gone into the queue, unless too many batches or texts of this stream still
 * wait for their result to be sent: so a caller that stops reading soon runs out of credit, and what it can make the
 * worker hold is bounded. Safe for any thread; replies are sent under the lock, which never blocks.
 */
final class EncodeStream implements StreamObserver<EncodeBatch> {
    /** Takes a batch that came with credit; calls {@link #taken} once and {@link #answer} once, from any thread. */
    interface Intake {
        void accept(EncodeBatch batch, EncodeStream stream);

        /** Told of a batch that came without credit. */
        void refused(Failure failure);

        /** Whether there is room for more batches of any stream. */
        boolean hasRoom();

        /** The stream has ended, whichever side ended it. */
        void ended(EncodeStream stream);
    }

    private record Unsent(EncodeReply reply, int texts) {}

    private final ServerCallStreamObserver<EncodeReply> replies;
    private final Intake intake;
    private final StreamLimits limits;
    private final CompletableFuture<@Nullable Void> drained = new CompletableFuture<>();
    private volatile boolean gone;

    // Guarded by this.
    private final Deque<Unsent> unsent = new ArrayDeque<>();
    private int credit; // batches the caller may still send
    private int untaken; // batches that came with credit and are not in the queue yet
    private int outstanding; // batches whose reply has not been sent, refused ones included
    private int outstandingTexts;
    private boolean readOwed = true; // the next message has not been asked for
    private boolean halfClosed;
    private boolean draining;
    private boolean ended;

    EncodeStream(ServerCallStreamObserver<EncodeReply> replies, Intake intake, StreamLimits limits) {
        this.replies = replies;
        this.intake = intake;
        this.limits = limits;
    }

    /** Whether nobody reads results any more. */
    boolean gone() {
        return gone;
    }

    @Override
    public void onNext(EncodeBatch batch) {
        boolean covered;
        synchronized (this) {
            outstanding++;
            outstandingTexts += batch.getTextsCount();
            covered = credit > 0;
            if (covered) {
                credit--;
                untaken++;
            }
        }
        if (covered) {
            intake.accept(batch, this);
        } else {
            String message = "batch " + Long.toUnsignedString(batch.getBatchId())
                    + " came without credit; wait for the worker's next EncodeCredit before sending it again";
            Failure failure = new Failure(Status.Code.RESOURCE_EXHAUSTED, message);
            intake.refused(failure);
            answer(batch, reply(batch, failure));
        }
        synchronized (this) {
            readOwed = true;
            advance();
        }
    }

    /** The batch is in the queue, or will never be: its credit may come back. */
    synchronized void taken() {
        untaken--;
        advance();
    }

    /** Sends a batch's result as soon as the caller reads. */
    synchronized void answer(EncodeBatch batch, EncodeReply reply) {
        unsent.add(new Unsent(reply, batch.getTextsCount()));
        advance();
    }

    /** Both of the above for a batch that never was in the queue, so that its credit goes back with its result. */
    synchronized void takenAndAnswered(EncodeBatch batch, EncodeReply reply) {
        untaken--;
        answer(batch, reply);
    }

    /** The reply that says why a batch failed. */
    static EncodeReply reply(EncodeBatch batch, Failure failure) {
        return EncodeReply.newBuilder()
                .setFailure(EncodeFailure.newBuilder()
                        .setBatchId(batch.getBatchId())
                        .setError(ItemError.newBuilder()
                                .setCode(failure.code().value())
                                .setMessage(failure.message())
                                .setField(failure.field())))
                .build();
    }

    /** Sends what can be sent, grants what can be granted: after any change, also of the worker as a whole. */
    synchronized void advance() {
        if (ended) {
            return;
        }
        while (replies.isReady() && !unsent.isEmpty()) {
            Unsent next = unsent.remove();
            outstanding--;
            outstandingTexts -= next.texts();
            // A message that goes anyway carries the credit: a message more would wake the caller once more.
            replies.onNext(next.reply().toBuilder().setGrantedBatches(granted()).build());
        }
        int batches = granted();
        if (batches > 0) {
            replies.onNext(EncodeReply.newBuilder()
                    .setCredit(EncodeCredit.newBuilder().setBatches(batches))
                    .build());
        }
        // Batches without credit are read too, to be refused, but not without end.
        if (readOwed && outstanding < limits.outstandingBatches() + limits.creditBatches()) {
            readOwed = false;
            replies.request(1);
        }
        if (outstanding == 0 && halfClosed) {
            finish();
            replies.onCompleted();
        } else if (outstanding == 0 && draining) {
            drained.complete(null);
        }
    }

    /** Batches that the caller may have now, and from here on has. */
    private int granted() {
        // Without readers of replies there is no hurry: the credits add up until the next chance.
        if (halfClosed
                || draining
                || outstandingTexts >= limits.outstandingTexts()
                || !intake.hasRoom()
                || !replies.isReady()) {
            return 0;
        }
        int batches =
                Math.min(limits.creditBatches() - credit - untaken, limits.outstandingBatches() - credit - outstanding);
        credit += Math.max(0, batches);
        return Math.max(0, batches);
    }

    @Override
    public synchronized void onCompleted() {
        halfClosed = true;
        advance();
    }

    @Override
    public void onError(Throwable t) {
        cancelled();
    }

    /** The caller is gone: nothing is sent any more, and its batches are dropped where they are. */
    synchronized void cancelled() {
        gone = true;
        finish();
    }

    /** Grants nothing more; the result completes when nothing is left to send, or the caller is gone. */
    synchronized CompletableFuture<@Nullable Void> drain() {
        draining = true;
        if (ended) {
            drained.complete(null);
        }
        advance();
        return drained;
    }

    /** Ends the stream with a status, whatever it still waits for. */
    synchronized void end(Status status) {
        if (!ended) {
            gone = true;
            finish();
            replies.onError(status.asRuntimeException());
        }
    }

    private void finish() {
        if (!ended) {
            ended = true;
            unsent.clear();
            drained.complete(null);
            intake.ended(this);
        }
    }
}
