package io.millrace.client;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.v1.CoordinatorGrpc;
import io.millrace.v1.IngestAck;
import io.millrace.v1.IngestOpen;
import io.millrace.v1.IngestOperation;
import io.millrace.v1.IngestRequest;
import io.millrace.v1.IngestResponse;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One call of {@code Ingest}, from open to its end. Sent on by one thread; answers come on the transport's. */
final class IngestCall implements ClientResponseObserver<IngestRequest, IngestResponse> {
    private final Runnable wake;
    private final Consumer<IngestAck> acks;
    private final CountDownLatch answered = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile @Nullable ClientCallStreamObserver<IngestRequest> requests;
    private volatile boolean accepted;
    private volatile @Nullable Status end;

    /**
     * A call that is not yet started.
     *
     * @param acks told of every acknowledgement, one at a time
     * @param wake called when the transport takes more, and when the call has ended
     */
    IngestCall(Consumer<IngestAck> acks, Runnable wake) {
        this.acks = acks;
        this.wake = wake;
    }

    /** Sends open and waits for the answer; false if the call ended or the time passed first. */
    boolean open(CoordinatorGrpc.CoordinatorStub stub, IngestOpen open, Duration timeout) throws InterruptedException {
        stub.ingest(this);
        requests().onNext(IngestRequest.newBuilder().setOpen(open).build());
        if (!answered.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
            abandon(Status.DEADLINE_EXCEEDED.withDescription(
                    "the ingest stream was not accepted within " + timeout.toMillis() + " ms"));
        }
        return accepted && end == null;
    }

    boolean isReady() {
        return requests().isReady();
    }

    void send(IngestOperation operation) {
        requests().onNext(IngestRequest.newBuilder().setOperation(operation).build());
    }

    /** Ends the call after its last acknowledgement, giving the server some time to say goodbye. */
    void finish(Duration timeout) throws InterruptedException {
        requests().onCompleted();
        if (!over.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
            abandon(Status.DEADLINE_EXCEEDED);
        }
    }

    /** Ends the call now; what it was sent may or may not have been carried out. */
    void abandon(Status reason) {
        ended(reason);
        requests().cancel(reason.getDescription(), null);
    }

    /** How the call ended; null while it goes on. */
    @Nullable
    Status end() {
        return end;
    }

    private ClientCallStreamObserver<IngestRequest> requests() {
        return Objects.requireNonNull(requests, "the call has not been started");
    }

    private void ended(Status status) {
        if (end == null) {
            end = status;
        }
        answered.countDown();
        over.countDown();
        wake.run();
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<IngestRequest> stream) {
        requests = stream;
        stream.setOnReadyHandler(wake);
    }

    @Override
    public void onNext(IngestResponse response) {
        switch (response.getKindCase()) {
            case READY -> {
                accepted = true;
                answered.countDown();
            }
            case ACK -> {
                // After abandon the operation may be on its way again over another call.
                if (end == null) {
                    acks.accept(response.getAck());
                }
            }
            case KIND_NOT_SET -> {}
        }
    }

    @Override
    public void onError(Throwable error) {
        ended(Status.fromThrowable(error));
    }

    @Override
    public void onCompleted() {
        ended(Status.UNAVAILABLE.withDescription("the server ended the ingest stream"));
    }
}
