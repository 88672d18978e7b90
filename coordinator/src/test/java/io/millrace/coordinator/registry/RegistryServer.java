package io.millrace.coordinator.registry;

import com.google.protobuf.ByteString;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.millrace.coordinator.catalog.MetadataFile;
import io.millrace.service.GrpcServer;
import io.millrace.service.Metrics;
import io.millrace.service.ServerSettings;
import io.millrace.service.blob.BlobLimits;
import io.millrace.service.blob.Sha256;
import io.millrace.v1.BlobId;
import io.millrace.v1.EvaluationFigure;
import io.millrace.v1.GoldenTexts;
import io.millrace.v1.MissingBlobsRequest;
import io.millrace.v1.MissingBlobsResponse;
import io.millrace.v1.ModelFile;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.ModelRegistryGrpc;
import io.millrace.v1.PublishModelRequest;
import io.millrace.v1.PublishModelResponse;
import io.millrace.v1.PushBlobHeader;
import io.millrace.v1.PushBlobRequest;
import io.millrace.v1.PushBlobResponse;
import io.millrace.v1.VectorBlock;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A registry alone behind gRPC, and the calls of tests. */
final class RegistryServer implements AutoCloseable {
    static final RegistryLimits LIMITS =
            new RegistryLimits(new BlobLimits(8 << 20, 16 << 20, 0), 2, Duration.ofHours(1), Duration.ofSeconds(60));

    final MetadataFile metadata;
    private final Path folder;
    private final ModelRegistry registry;
    private final GrpcServer server;
    private final ManagedChannel channel;

    RegistryServer(Path folder, RegistryLimits limits) {
        this.folder = folder;
        metadata = MetadataFile.open(folder);
        Metrics metrics = new Metrics();
        registry = ModelRegistry.open(folder.resolve("models"), metadata, limits, metrics);
        server = GrpcServer.start("registry", ServerSettings.loopback(), metrics, List.of(registry));
        channel = Grpc.newChannelBuilder(server.address(), InsecureChannelCredentials.create())
                .build();
    }

    RegistryServer(Path folder) {
        this(folder, LIMITS);
    }

    ModelRegistryGrpc.ModelRegistryBlockingStub calls() {
        return ModelRegistryGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    BlockingClientCall<PushBlobRequest, PushBlobResponse> push() {
        return ModelRegistryGrpc.newBlockingV2Stub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .pushBlob();
    }

    static BlobId blob(byte[] bytes) {
        return BlobId.newBuilder()
                .setSha256(Sha256.of(bytes).hex())
                .setSizeBytes(bytes.length)
                .build();
    }

    static PushBlobRequest header(BlobId blob, long offset) {
        return PushBlobRequest.newBuilder()
                .setHeader(PushBlobHeader.newBuilder().setBlob(blob).setOffset(offset))
                .build();
    }

    static PushBlobRequest chunk(byte[] bytes, int from, int to) {
        return PushBlobRequest.newBuilder()
                .setChunk(ByteString.copyFrom(bytes, from, to - from))
                .build();
    }

    /** Pushes bytes in chunks. */
    BlobId push(byte[] bytes) throws StatusException, InterruptedException {
        BlockingClientCall<PushBlobRequest, PushBlobResponse> call = push();
        boolean taken = call.write(header(blob(bytes), 0));
        for (int from = 0; taken && from < bytes.length; from += 100_000) {
            taken = call.write(chunk(bytes, from, Math.min(bytes.length, from + 100_000)));
        }
        call.halfClose();
        PushBlobResponse response = call.read();
        if (response == null) {
            throw new AssertionError("no answer");
        }
        return response.getBlob();
    }

    MissingBlobsResponse missing(byte[]... files) {
        MissingBlobsRequest.Builder request = MissingBlobsRequest.newBuilder();
        for (byte[] file : files) {
            request.addBlobs(blob(file));
        }
        return calls().missingBlobs(request.build());
    }

    static VectorBlock block(int count) {
        byte[] payload = VectorBlockCodec.encode(
                Collections.nCopies(count, new SparseVector(new int[] {1, 5}, new float[] {0.5f, 1.5f})));
        return VectorBlock.newBuilder()
                .setCount(count)
                .setPayload(ByteString.copyFrom(payload))
                .setCrc32C(VectorBlockCodec.crc32c(payload))
                .build();
    }

    /** A manifest of files named f0, f1, ... */
    static ModelManifest.Builder manifest(String name, byte[]... files) {
        ModelManifest.Builder manifest = ModelManifest.newBuilder()
                .setName(name)
                .setSpaceId("ab".repeat(32))
                .setContractJson("{}")
                .setCreatedAtMillis(System.nanoTime())
                .setGolden(GoldenTexts.newBuilder()
                        .addAllQueries(Collections.nCopies(8, "q"))
                        .addAllDocuments(Collections.nCopies(8, "d"))
                        .setQueryVectors(block(8))
                        .setDocumentVectors(block(8)))
                .addEvaluation(EvaluationFigure.newBuilder()
                        .setCollection("scifact")
                        .setMetric("nDCG@10")
                        .setValue(0.5));
        for (int i = 0; i < files.length; i++) {
            manifest.addFiles(ModelFile.newBuilder().setPath("f" + i).setBlob(blob(files[i])));
        }
        return manifest;
    }

    PublishModelResponse publish(ModelManifest.Builder manifest) {
        return calls().publishModel(
                        PublishModelRequest.newBuilder().setManifest(manifest).build());
    }

    int openFetches() {
        return registry.openFetches();
    }

    Path file(byte[] bytes) {
        return folder.resolve("models/blobs").resolve(blob(bytes).getSha256());
    }

    /** Number of files in a folder of the store. */
    long count(String sub) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("models").resolve(sub))) {
            return files.count();
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.close();
        registry.close();
        metadata.close();
    }
}
