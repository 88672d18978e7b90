package io.millrace.trainer.publish;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.millrace.service.GrpcServer;
import io.millrace.service.Metrics;
import io.millrace.service.ServerSettings;
import io.millrace.service.registry.RegistryClient;
import io.millrace.v1.BlobId;
import io.millrace.v1.MissingBlob;
import io.millrace.v1.MissingBlobsRequest;
import io.millrace.v1.MissingBlobsResponse;
import io.millrace.v1.ModelRegistryGrpc;
import io.millrace.v1.PublishModelRequest;
import io.millrace.v1.PublishModelResponse;
import io.millrace.v1.PushBlobRequest;
import io.millrace.v1.PushBlobResponse;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A registry in memory. It keeps what came before a failure, as a real one does, and fails pushes as it is told to. */
final class FakeRegistry extends ModelRegistryGrpc.ModelRegistryImplBase implements AutoCloseable {
    private final Map<String, byte[]> drafts = new HashMap<>();
    private final Map<String, byte[]> blobs = new HashMap<>();
    private final Deque<StatusRuntimeException> failures = new ArrayDeque<>();
    private final List<Long> offsets = Collections.synchronizedList(new ArrayList<>());
    private final GrpcServer server =
            GrpcServer.start("fake-registry", ServerSettings.loopback(), new Metrics(), List.of(this));
    final RegistryClient client = RegistryClient.connect(server.address());
    private boolean forgetful;
    private int published;

    /** Ends the next pushes so, each after its first chunk. */
    synchronized void failNext(StatusRuntimeException... next) {
        failures.addAll(List.of(next));
    }

    /** From now on forgets what was pushed. */
    synchronized void forget() {
        forgetful = true;
    }

    synchronized byte[] blob(BlobId id) {
        return blobs.getOrDefault(id.getSha256(), new byte[0]);
    }

    /** Where each push began. */
    List<Long> offsets() {
        return List.copyOf(offsets);
    }

    synchronized int published() {
        return published;
    }

    @Override
    public synchronized void missingBlobs(MissingBlobsRequest request, StreamObserver<MissingBlobsResponse> observer) {
        MissingBlobsResponse.Builder response = MissingBlobsResponse.newBuilder();
        for (BlobId blob : request.getBlobsList()) {
            if (!blobs.containsKey(blob.getSha256())) {
                response.addMissing(MissingBlob.newBuilder()
                        .setSha256(blob.getSha256())
                        .setReceivedBytes(drafts.getOrDefault(blob.getSha256(), new byte[0]).length));
            }
        }
        observer.onNext(response.build());
        observer.onCompleted();
    }

    @Override
    public StreamObserver<PushBlobRequest> pushBlob(StreamObserver<PushBlobResponse> observer) {
        return new StreamObserver<>() {
            private BlobId blob = BlobId.getDefaultInstance();
            private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            private boolean ended;

            @Override
            public void onNext(PushBlobRequest message) {
                synchronized (FakeRegistry.this) {
                    if (ended) {
                        return;
                    }
                    if (message.hasHeader()) {
                        blob = message.getHeader().getBlob();
                        long offset = message.getHeader().getOffset();
                        offsets.add(offset);
                        bytes.write(drafts.getOrDefault(blob.getSha256(), new byte[0]), 0, (int) offset);
                        return;
                    }
                    bytes.writeBytes(message.getChunk().toByteArray());
                    StatusRuntimeException failure = failures.poll();
                    if (failure != null) {
                        ended = true;
                        drafts.put(blob.getSha256(), bytes.toByteArray());
                        observer.onError(failure);
                    }
                }
            }

            @Override
            public void onError(Throwable t) {}

            @Override
            public void onCompleted() {
                synchronized (FakeRegistry.this) {
                    if (!ended) {
                        if (!forgetful) {
                            blobs.put(blob.getSha256(), bytes.toByteArray());
                        }
                        observer.onNext(
                                PushBlobResponse.newBuilder().setBlob(blob).build());
                        observer.onCompleted();
                    }
                }
            }
        };
    }

    @Override
    public synchronized void publishModel(PublishModelRequest request, StreamObserver<PublishModelResponse> observer) {
        boolean complete = request.getManifest().getFilesList().stream()
                .allMatch(file -> blobs.containsKey(file.getBlob().getSha256()));
        if (!complete) {
            observer.onError(Status.FAILED_PRECONDITION.asRuntimeException());
            return;
        }
        observer.onNext(
                PublishModelResponse.newBuilder().setCreated(published++ == 0).build());
        observer.onCompleted();
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
