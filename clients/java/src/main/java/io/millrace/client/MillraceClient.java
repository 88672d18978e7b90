package io.millrace.client;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.v1.Collection;
import io.millrace.v1.CoordinatorGrpc;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.DescribeCollectionRequest;
import io.millrace.v1.DropCollectionRequest;
import io.millrace.v1.EncodeRequest;
import io.millrace.v1.EncodeResponse;
import io.millrace.v1.GetDocumentRequest;
import io.millrace.v1.GetDocumentResponse;
import io.millrace.v1.ListCollectionsRequest;
import io.millrace.v1.SearchBatchRequest;
import io.millrace.v1.SearchBatchResponse;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import io.millrace.v1.StatusRequest;
import io.millrace.v1.StatusResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A connection to a coordinator.
 *
 * <p>Every call blocks, carries the deadline of {@link ClientOptions#callTimeout()} and throws
 * {@link MillraceException} with the server's status and message when it fails; nothing is retried behind the caller's
 * back. Connecting happens at the first call. Safe for use by many threads; one client is enough for a process.
 */
public final class MillraceClient implements AutoCloseable {
    private static final int MAX_METADATA_BYTES = 64 << 10;

    private final ClientOptions options;
    private final ManagedChannel channel;

    private MillraceClient(ClientOptions options, ManagedChannel channel) {
        this.options = options;
        this.channel = channel;
    }

    /**
     * A client of one server.
     *
     * @param server {@code host:port}, see {@link ClientOptions#forServer}
     */
    public static MillraceClient connect(String server) {
        return connect(ClientOptions.forServer(server));
    }

    /** A client with options of its own. */
    public static MillraceClient connect(ClientOptions options) {
        ManagedChannel channel = NettyChannelBuilder.forAddress(options.host(), options.port())
                .usePlaintext()
                .maxInboundMessageSize(options.maxMessageBytes())
                .maxInboundMetadataSize(MAX_METADATA_BYTES)
                .build();
        return new MillraceClient(options, channel);
    }

    /** What this client was made with. */
    public ClientOptions options() {
        return options;
    }

    /** Creates a collection. {@code ALREADY_EXISTS} if the name is taken. */
    public Collection createCollection(CreateCollectionRequest request) {
        return call(stub -> stub.createCollection(request));
    }

    /** A collection's generation, space, shards and number of documents. {@code NOT_FOUND} if there is none. */
    public Collection describeCollection(String name) {
        return call(stub -> stub.describeCollection(
                DescribeCollectionRequest.newBuilder().setName(name).build()));
    }

    /** All collections, by name. */
    public List<Collection> listCollections() {
        return call(stub -> stub.listCollections(ListCollectionsRequest.getDefaultInstance()))
                .getCollectionsList();
    }

    /** Removes a collection and its data. {@code NOT_FOUND} if there is none. */
    public void dropCollection(String name) {
        call(stub -> stub.dropCollection(
                DropCollectionRequest.newBuilder().setName(name).build()));
    }

    /** Ranks documents; see the request's fields. */
    public SearchResponse search(SearchRequest request) {
        return call(stub -> stub.search(request));
    }

    /** Ranks documents for a text, with their titles, texts and metadata. */
    public SearchResponse search(String collection, String text, int k) {
        return search(SearchRequest.newBuilder()
                .setCollection(collection)
                .setText(text)
                .setK(k)
                .setIncludeSource(true)
                .build());
    }

    /**
     * Ranks documents for many queries at once: 1 to 1,024, in less time than as many searches. A query at fault has an error in
     * its place; everything else fails the call.
     */
    public SearchBatchResponse searchBatch(SearchBatchRequest request) {
        return call(stub -> stub.searchBatch(request));
    }

    /** A stored document. {@code NOT_FOUND} if there is none. */
    public GetDocumentResponse get(GetDocumentRequest request) {
        return call(stub -> stub.getDocument(request));
    }

    /** Sparse vectors of texts, without storing anything. */
    public EncodeResponse encode(EncodeRequest request) {
        return call(stub -> stub.encode(request));
    }

    /** What the cluster is made of, and whether each part answers. */
    public StatusResponse status() {
        return call(stub -> stub.status(StatusRequest.getDefaultInstance()));
    }

    /**
     * Opens a stream for putting and deleting documents. Returns at once: connecting happens when there is something to
     * send, and is retried.
     *
     * @param listener told of every operation's outcome
     */
    public IngestStream ingest(IngestOptions ingest, IngestListener listener) {
        return IngestStream.start(channel, options, ingest, listener);
    }

    private <T> T call(Function<CoordinatorGrpc.CoordinatorBlockingStub, T> method) {
        try {
            return method.apply(CoordinatorGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(options.callTimeout().toNanos(), TimeUnit.NANOSECONDS));
        } catch (StatusRuntimeException e) {
            throw MillraceException.of(e, options.target());
        }
    }

    /** Ends all calls and closes the connection. Idempotent. Close ingest streams first. */
    @Override
    public void close() {
        channel.shutdownNow();
        try {
            channel.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
