package io.millrace.encoder.models;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.millrace.service.GrpcServer;
import io.millrace.service.Metrics;
import io.millrace.service.ServerSettings;
import io.millrace.service.blob.Sha256;
import io.millrace.service.registry.RegistryClient;
import io.millrace.v1.BlobId;
import io.millrace.v1.FetchBlobRequest;
import io.millrace.v1.FetchBlobResponse;
import io.millrace.v1.ModelFile;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.ModelReference;
import io.millrace.v1.ModelRegistryGrpc;
import io.millrace.v1.ModelSummary;
import io.millrace.v1.PublishedModel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** A registry in memory that counts what is fetched, and fails when it is told to. */
final class FakeRegistry extends ModelRegistryGrpc.ModelRegistryImplBase implements AutoCloseable {
    private final Map<String, byte[]> blobs = new HashMap<>();
    private final List<Long> offsets = Collections.synchronizedList(new ArrayList<>());
    private final GrpcServer server =
            GrpcServer.start("fake-registry", ServerSettings.loopback(), new Metrics(), List.of(this));
    final RegistryClient client = RegistryClient.connect(server.address());
    /** Breaks off so many fetches after half of a file. */
    final AtomicInteger failures = new AtomicInteger();

    static byte[] bytes(int seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** A model of files that the registry has, named f0, f1, ... */
    PublishedModel model(String name, byte[]... files) {
        ModelManifest.Builder manifest =
                ModelManifest.newBuilder().setName(name).setVersion(1);
        for (int i = 0; i < files.length; i++) {
            String hash = Sha256.of(files[i]).hex();
            blobs.put(hash, files[i]);
            manifest.addFiles(ModelFile.newBuilder()
                    .setPath("sub/f" + i)
                    .setBlob(BlobId.newBuilder().setSha256(hash).setSizeBytes(files[i].length)));
        }
        return PublishedModel.newBuilder()
                .setManifest(manifest)
                .setSummary(ModelSummary.newBuilder()
                        .setModel(ModelReference.newBuilder().setName(name).setVersion(1))
                        .setManifestSha256(
                                Sha256.of(manifest.build().toByteArray()).hex()))
                .build();
    }

    /** From now on gives other bytes for a file. */
    void falsify(byte[] file) {
        byte[] other = file.clone();
        other[0] ^= 1;
        blobs.put(Sha256.of(file).hex(), other);
    }

    /** Where each fetch began. */
    List<Long> offsets() {
        return List.copyOf(offsets);
    }

    @Override
    public void fetchBlob(FetchBlobRequest request, StreamObserver<FetchBlobResponse> observer) {
        byte[] file = blobs.get(request.getSha256());
        if (file == null) {
            observer.onError(Status.NOT_FOUND.asRuntimeException());
            return;
        }
        offsets.add(request.getOffset());
        int offset = (int) request.getOffset();
        boolean fails = failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        int end = fails ? offset + (file.length - offset) / 2 : file.length;
        observer.onNext(FetchBlobResponse.newBuilder()
                .setChunk(ByteString.copyFrom(file, offset, end - offset))
                .build());
        if (fails) {
            observer.onError(Status.UNAVAILABLE.withDescription("broken off").asRuntimeException());
        } else {
            observer.onCompleted();
        }
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
