package io.millrace.encoder;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeFailure;
import io.millrace.v1.EncodeReply;
import io.millrace.v1.EncodedBatch;
import io.millrace.v1.EncoderWorkerGrpc;
import io.millrace.v1.TextRole;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** One encode stream as a test sees it: credit is a semaphore, replies wait in order, reading can be paused. */
final class EncodeClient implements AutoCloseable {
    private static final long WAIT_SECONDS = 20;

    private final ManagedChannel channel;
    private final boolean ownsChannel;
    private final BlockingQueue<EncodeReply> replies = new LinkedBlockingQueue<>();
    private final BlockingQueue<Status> end = new LinkedBlockingQueue<>();
    private final Semaphore credit = new Semaphore(0);
    private final AtomicInteger granted = new AtomicInteger();
    private final AtomicReference<ClientCallStreamObserver<EncodeBatch>> call = new AtomicReference<>();

    private EncodeClient(ManagedChannel channel, boolean ownsChannel, boolean reading) {
        this.channel = channel;
        this.ownsChannel = ownsChannel;
        EncoderWorkerGrpc.newStub(channel).encode(new ClientResponseObserver<EncodeBatch, EncodeReply>() {
            @Override
            public void beforeStart(ClientCallStreamObserver<EncodeBatch> stream) {
                call.set(stream);
                if (!reading) {
                    stream.disableAutoRequestWithInitial(1); // the first credit
                }
            }

            @Override
            public void onNext(EncodeReply reply) {
                int batches = reply.getCredit().getBatches() + reply.getGrantedBatches();
                granted.addAndGet(batches);
                credit.release(batches);
                if (!reply.hasCredit()) {
                    replies.add(reply);
                }
            }

            @Override
            public void onError(Throwable t) {
                end.add(Status.fromThrowable(t));
            }

            @Override
            public void onCompleted() {
                end.add(Status.OK);
            }
        });
    }

    static ManagedChannel channel(int port) {
        return NettyChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
    }

    static EncodeClient open(int port) {
        return new EncodeClient(channel(port), true, true);
    }

    static EncodeClient on(ManagedChannel channel) {
        return new EncodeClient(channel, false, true);
    }

    /** A client that reads its first reply and then no more, until told to. */
    static EncodeClient notReading(int port) {
        return new EncodeClient(channel(port), true, false);
    }

    void read(int messages) {
        stream().request(messages);
    }

    static EncodeBatch.Builder batch(long id, List<String> texts) {
        return EncodeBatch.newBuilder()
                .setBatchId(id)
                .setSpaceId(FakeEncoder.SPACE)
                .setRole(TextRole.TEXT_ROLE_DOCUMENT)
                .addAllTexts(texts);
    }

    void send(EncodeBatch.Builder batch) throws InterruptedException {
        if (!credit.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("no credit came");
        }
        stream().onNext(batch.build());
    }

    void sendWithoutCredit(EncodeBatch.Builder batch) {
        stream().onNext(batch.build());
    }

    /** Waits until the transport takes more; false = it did not. */
    boolean awaitSendable(long patienceMillis) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
        while (!stream().isReady()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            Thread.sleep(1);
        }
        return true;
    }

    int credit() {
        return credit.availablePermits();
    }

    int granted() {
        return granted.get();
    }

    /** Waits until this many credits are free to use. */
    void awaitCredit(int batches) throws InterruptedException {
        if (!credit.tryAcquire(batches, WAIT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("no credit of " + batches + " came, only " + credit());
        }
        credit.release(batches);
    }

    boolean trySend(EncodeBatch.Builder batch, long patienceMillis) throws InterruptedException {
        if (!credit.tryAcquire(patienceMillis, TimeUnit.MILLISECONDS)) {
            return false;
        }
        stream().onNext(batch.build());
        return true;
    }

    EncodeReply reply() throws InterruptedException {
        EncodeReply reply = replies.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        if (reply == null) {
            throw new AssertionError("no reply came; the stream's end: " + end);
        }
        return reply;
    }

    EncodedBatch encoded() throws InterruptedException {
        EncodeReply reply = reply();
        if (!reply.hasBatch()) {
            throw new AssertionError("not a result: " + reply);
        }
        return reply.getBatch();
    }

    EncodeFailure failure() throws InterruptedException {
        EncodeReply reply = reply();
        if (!reply.hasFailure()) {
            throw new AssertionError("not a failure: " + reply.getKindCase());
        }
        return reply.getFailure();
    }

    int waitingReplies() {
        return replies.size();
    }

    void halfClose() {
        stream().onCompleted();
    }

    void cancel() {
        stream().cancel("test", null);
    }

    Status end() throws InterruptedException {
        Status status = end.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        if (status == null) {
            throw new AssertionError("the stream did not end");
        }
        return status;
    }

    private ClientCallStreamObserver<EncodeBatch> stream() {
        ClientCallStreamObserver<EncodeBatch> stream = call.get();
        if (stream == null) {
            throw new AssertionError("not started");
        }
        return stream;
    }

    @Override
    public void close() {
        cancel();
        if (ownsChannel) {
            channel.shutdownNow();
        }
    }
}
