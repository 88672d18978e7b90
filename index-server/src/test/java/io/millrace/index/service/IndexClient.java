package io.millrace.index.service;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.index.IndexServer;
import io.millrace.index.IndexServerConfig;
import io.millrace.v1.CreateShardRequest;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.IndexServerGrpc;
import io.millrace.v1.ShardGetRequest;
import io.millrace.v1.ShardRef;
import io.millrace.v1.ShardSearchRequest;
import io.millrace.v1.Stamp;
import io.millrace.v1.VectorBlock;
import io.millrace.v1.WriteOperation;
import io.millrace.v1.WriteRequest;
import io.millrace.v1.Writer;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real server over a directory, a channel to it, and requests that are right unless a test spoils them. */
final class IndexClient implements AutoCloseable {
    static final String SPACE = "a1".repeat(32);
    static final String OTHER_SPACE = "b2".repeat(32);
    static final ShardRef SHARD = ShardRef.newBuilder()
            .setCollection("books")
            .setGeneration(1)
            .setShard(0)
            .setSpaceId(SPACE)
            .build();

    private final IndexServer server;
    private final ManagedChannel channel;

    IndexClient(Path directory) {
        this(new IndexServerConfig("127.0.0.1", 0, -1, directory, 2, 50, 0, ""));
    }

    IndexClient(IndexServerConfig config) {
        server = IndexServer.start(config);
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
    }

    IndexServerGrpc.IndexServerBlockingStub call() {
        return IndexServerGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    ManagedChannel channel() {
        return channel;
    }

    IndexClient withShard() {
        call().createShard(creation().build());
        return this;
    }

    static CreateShardRequest.Builder creation() {
        return CreateShardRequest.newBuilder().setShard(SHARD).setEpoch(1);
    }

    /** One put of each vector, with ids, sequences and stamps counting from {@code first}. */
    static WriteRequest.Builder puts(long first, SparseVector... vectors) {
        WriteRequest.Builder request = WriteRequest.newBuilder()
                .setShard(SHARD)
                .setEpoch(1)
                .addWriters(Writer.newBuilder().setClientId("test"))
                .setVectors(block(List.of(vectors)));
        for (int i = 0; i < vectors.length; i++) {
            request.addOperations(put(first + i, "doc-" + (first + i)));
        }
        return request;
    }

    static WriteRequest.Builder delete(long sequence, String id) {
        return WriteRequest.newBuilder()
                .setShard(SHARD)
                .setEpoch(1)
                .addWriters(Writer.newBuilder().setClientId("test"))
                .addOperations(operation(sequence, id));
    }

    static WriteOperation.Builder put(long sequence, String id) {
        return operation(sequence, id)
                .setPut(DocumentSource.newBuilder()
                        .setTitle("Title of " + id)
                        .setText("Text of " + id)
                        .putMetadata("shelf", "A"));
    }

    private static WriteOperation.Builder operation(long sequence, String id) {
        return WriteOperation.newBuilder()
                .setWriter(0)
                .setSequence(sequence)
                .setStamp(Stamp.newBuilder().setTime(sequence << 16))
                .setId(id);
    }

    static VectorBlock block(List<SparseVector> vectors) {
        byte[] payload = VectorBlockCodec.encode(vectors);
        return VectorBlock.newBuilder()
                .setCount(vectors.size())
                .setPayload(ByteString.copyFrom(payload))
                .setCrc32C(VectorBlockCodec.crc32c(payload))
                .build();
    }

    static ShardSearchRequest.Builder search(int... terms) {
        io.millrace.v1.SparseVector.Builder query = io.millrace.v1.SparseVector.newBuilder();
        for (int term : terms) {
            query.addIds(term).addWeights(1f);
        }
        return ShardSearchRequest.newBuilder()
                .setShard(SHARD)
                .setEpoch(1)
                .setK(10)
                .setQuery(query);
    }

    static ShardGetRequest.Builder get(String id) {
        return ShardGetRequest.newBuilder().setShard(SHARD).setId(id);
    }

    /** Ids found for a query of weight 1 on each term. */
    List<String> found(int... terms) {
        List<String> ids = new ArrayList<>();
        call().search(search(terms).build()).getHitsList().forEach(hit -> ids.add(hit.getId()));
        return ids;
    }

    static SparseVector vector(int term, float weight) {
        return new SparseVector(new int[] {term}, new float[] {weight});
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.close();
    }
}
