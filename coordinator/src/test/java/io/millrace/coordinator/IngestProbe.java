package io.millrace.coordinator;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.v1.CoordinatorGrpc.CoordinatorStub;
import io.millrace.v1.Document;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.IngestAck;
import io.millrace.v1.IngestOpen;
import io.millrace.v1.IngestOperation;
import io.millrace.v1.IngestReady;
import io.millrace.v1.IngestRequest;
import io.millrace.v1.IngestResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A raw ingest stream under a test's control. */
final class IngestProbe implements ClientResponseObserver<IngestRequest, IngestResponse> {
    final LinkedBlockingQueue<IngestAck> acks = new LinkedBlockingQueue<>();
    final CountDownLatch ended = new CountDownLatch(1);
    volatile @Nullable IngestReady ready;
    volatile @Nullable Throwable error;
    private final boolean manualFlow;
    private @Nullable ClientCallStreamObserver<IngestRequest> requests;

    private IngestProbe(boolean manualFlow) {
        this.manualFlow = manualFlow;
    }

    static IngestProbe open(CoordinatorStub stub, String collection, String client) {
        return open(stub, collection, client, false);
    }

    static IngestProbe open(CoordinatorStub stub, String collection, String client, boolean manualFlow) {
        IngestProbe probe = new IngestProbe(manualFlow);
        stub.ingest(probe);
        probe.send(IngestRequest.newBuilder()
                .setOpen(IngestOpen.newBuilder().setCollection(collection).setClientId(client))
                .build());
        return probe;
    }

    void put(long sequence, String id, String text) {
        operation(IngestOperation.newBuilder()
                .setSequence(sequence)
                .setPut(Document.newBuilder()
                        .setId(id)
                        .setSource(DocumentSource.newBuilder().setText(text)))
                .build());
    }

    void delete(long sequence, String id) {
        operation(IngestOperation.newBuilder()
                .setSequence(sequence)
                .setDeleteId(id)
                .build());
    }

    void operation(IngestOperation operation) {
        send(IngestRequest.newBuilder().setOperation(operation).build());
    }

    void send(IngestRequest request) {
        call().onNext(request);
    }

    ClientCallStreamObserver<IngestRequest> call() {
        return Objects.requireNonNull(requests);
    }

    List<IngestAck> take(int count) throws InterruptedException {
        List<IngestAck> taken = new ArrayList<>();
        while (taken.size() < count) {
            IngestAck ack = acks.poll(30, TimeUnit.SECONDS);
            if (ack == null) {
                throw new AssertionError("only " + taken.size() + " of " + count + " acks arrived; error " + error);
            }
            taken.add(ack);
        }
        return taken;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<IngestRequest> stream) {
        requests = stream;
        if (manualFlow) {
            stream.disableAutoRequestWithInitial(0);
        }
    }

    @Override
    public void onNext(IngestResponse response) {
        if (response.hasReady()) {
            ready = response.getReady();
        } else {
            acks.add(response.getAck());
        }
    }

    @Override
    public void onError(Throwable t) {
        error = t;
        ended.countDown();
    }

    @Override
    public void onCompleted() {
        ended.countDown();
    }
}
