package io.millrace.deploy.cluster;

import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.millrace.service.GrpcServer;
import io.millrace.service.Metrics;
import io.millrace.service.ServerSettings;
import io.millrace.v1.FetchBlobRequest;
import io.millrace.v1.FetchBlobResponse;
import io.millrace.v1.ModelReference;
import io.millrace.v1.ModelRegistryGrpc;
import io.millrace.v1.PublishedModel;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Hands on what a registry says, but stops once in the middle of a file. */
final class StallingRegistry extends ModelRegistryGrpc.ModelRegistryImplBase implements AutoCloseable {
    private final ManagedChannel registry;
    private final long stallAfterBytes;
    private final CountDownLatch stalled = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private final GrpcServer server;
    private volatile long lastOffset;

    private StallingRegistry(ManagedChannel registry, long stallAfterBytes) {
        this.registry = registry;
        this.stallAfterBytes = stallAfterBytes;
        this.server = GrpcServer.start("stalling-registry", ServerSettings.loopback(), new Metrics(), List.of(this));
    }

    /** Stops after so many bytes of a file. */
    static StallingRegistry before(ManagedChannel registry, long stallAfterBytes) {
        return new StallingRegistry(registry, stallAfterBytes);
    }

    String address() {
        return server.address();
    }

    void awaitStall() throws InterruptedException {
        if (!stalled.await(60, TimeUnit.SECONDS)) {
            throw new AssertionError("nobody fetched so much");
        }
    }

    void release() {
        released.countDown();
    }

    /** Where the last fetch of a file that is larger than the stall began. */
    long lastOffset() {
        return lastOffset;
    }

    @Override
    public void describePublishedModel(ModelReference request, StreamObserver<PublishedModel> observer) {
        observer.onNext(ModelRegistryGrpc.newBlockingStub(registry)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .describePublishedModel(request));
        observer.onCompleted();
    }

    @Override
    public void fetchBlob(FetchBlobRequest request, StreamObserver<FetchBlobResponse> observer) {
        Iterator<FetchBlobResponse> chunks = ModelRegistryGrpc.newBlockingStub(registry)
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .fetchBlob(request);
        long sent = request.getOffset();
        while (chunks.hasNext()) {
            FetchBlobResponse chunk = chunks.next();
            observer.onNext(chunk);
            sent += chunk.getChunk().size();
            if (sent > stallAfterBytes) {
                lastOffset = request.getOffset();
                stalled.countDown();
                try {
                    released.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
        observer.onCompleted();
    }

    @Override
    public void close() {
        release();
        server.close();
    }
}
