package io.millrace.client;

import io.grpc.Status;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.IngestAck;
import io.millrace.v1.ItemError;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/** Turns acknowledgements into outcomes and hands them to the listener, one at a time. */
final class IngestResults {
    private final IngestWindow window;
    private final IngestListener listener;
    /** Held while the listener is called: a call that was lost may still be delivering when the next one starts. */
    private final ReentrantLock delivery = new ReentrantLock();

    private volatile ConsistencyToken token = ConsistencyToken.getDefaultInstance();

    IngestResults(IngestWindow window, IngestListener listener) {
        this.window = window;
        this.listener = listener;
    }

    /** Handles an acknowledgement; a repeated one, or one for an unknown sequence, changes nothing. */
    void accept(IngestAck ack) {
        PendingOperation operation = window.settle(ack.getSequence());
        if (operation == null) {
            return;
        }
        ItemError error = ack.getError();
        if (ack.hasError() && error.getCode() == Status.Code.UNAVAILABLE.value() && window.retryLater(operation)) {
            return;
        }
        IngestOutcome outcome;
        if (ack.hasError()) {
            outcome = new IngestOutcome.Refused(
                    Status.fromCodeValue(error.getCode()).getCode(), error.getMessage(), error.getField());
        } else if (ack.getApplied()) {
            outcome = new IngestOutcome.Applied(ack.getStamp(), ack.getTruncatedTokens());
        } else {
            outcome = new IngestOutcome.Superseded(ack.getStamp());
        }
        delivery.lock();
        try {
            token = merge(token, ack.getToken());
            listener.onResult(new IngestResult(operation.sequence(), operation.id, outcome));
        } catch (RuntimeException e) {
            MillraceException failure = new MillraceException(Status.Code.ABORTED, "the listener failed: " + e);
            failure.initCause(e);
            window.fail(failure);
        } finally {
            delivery.unlock();
            // Only now is there room: what flush() has waited for has been delivered.
            window.remove(operation, outcome instanceof IngestOutcome.Refused);
        }
    }

    /** Tells the listener that the stream was lost. */
    void reconnecting(String reason, int failures, Duration delay) {
        delivery.lock();
        try {
            listener.onReconnect(reason, failures, delay);
        } finally {
            delivery.unlock();
        }
    }

    ConsistencyToken token() {
        return token;
    }

    /** Refuses what would wait for the very thread it runs on. */
    void refuseListener(String method) {
        if (delivery.isHeldByCurrentThread()) {
            throw new IllegalStateException(
                    method
                            + "() was called by the stream's own listener, and would wait for itself; hand over to another thread");
        }
    }

    /** A state that contains both: the larger index of each group. A token of an older shard map is left behind. */
    private static ConsistencyToken merge(ConsistencyToken a, ConsistencyToken b) {
        if (a.getShardMapEpoch() != b.getShardMapEpoch()) {
            return a.getShardMapEpoch() > b.getShardMapEpoch() ? a : b;
        }
        ConsistencyToken.Builder merged = a.toBuilder();
        b.getAppliedIndexMap()
                .forEach((group, index) ->
                        merged.putAppliedIndex(group, Math.max(index, a.getAppliedIndexOrDefault(group, 0))));
        return merged.build();
    }
}
