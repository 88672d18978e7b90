package io.millrace.deploy.bench.search;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.stub.StreamObserver;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.Searcher;
import io.millrace.index.service.IndexMetrics;
import io.millrace.index.service.IndexService;
import io.millrace.index.service.SearchPool;
import io.millrace.index.service.ShardRegistry;
import io.millrace.service.Metrics;
import io.millrace.v1.ShardRef;
import io.millrace.v1.ShardSearchRequest;
import io.millrace.v1.ShardSearchResponse;
import io.millrace.v1.SparseVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All that an index server does for a search but the network: from the request as a message to the response as bytes, through checks,
 * queue, search and metrics.
 */
final class ServerCore implements Engine {
    private final IndexService service;
    private final List<ShardSearchRequest> requests;

    private ServerCore(IndexService service, List<ShardSearchRequest> requests) {
        this.service = service;
        this.requests = requests;
    }

    /**
     * The core of a server.
     *
     * @param shards its shards, one of which is searched
     * @param searcher what it searches with
     * @param options the shard, k and everything else of a search but its query
     * @param threads that ask at once, at most
     */
    static ServerCore of(
            ShardRegistry shards,
            Searcher searcher,
            ShardSearchRequest options,
            List<io.millrace.vector.SparseVector> queries,
            int threads) {
        IndexService service = new IndexService(
                shards, SearchPool.of(threads, searcher), new IndexMetrics(new Metrics()), Optional.empty());
        List<ShardSearchRequest> requests = new ArrayList<>();
        for (io.millrace.vector.SparseVector query : queries) {
            SparseVector.Builder message = SparseVector.newBuilder();
            for (int i = 0; i < query.size(); i++) {
                message.addIds(query.ids()[i]).addWeights(query.weights()[i]);
            }
            requests.add(options.toBuilder().setQuery(message).build());
        }
        return new ServerCore(service, requests);
    }

    /** The options of a search for k documents of a shard. */
    static ShardSearchRequest.Builder options(ShardDescriptor shard, int k) {
        return ShardSearchRequest.newBuilder()
                .setShard(ShardRef.newBuilder()
                        .setCollection(shard.identity().collection())
                        .setGeneration(shard.identity().generation())
                        .setShard(shard.identity().shard())
                        .setSpaceId(shard.spaceId()))
                .setEpoch(shard.epoch())
                .setK(k);
    }

    @Override
    public String name() {
        return "server core";
    }

    @Override
    public int ask(int query) {
        return respond(query).length;
    }

    @Override
    public List<ScoredDocument> answer(int query) {
        try {
            return ShardSearchResponse.parseFrom(respond(query)).getHitsList().stream()
                    .map(hit -> new ScoredDocument(DocumentId.of(hit.getId()), hit.getScore(), 0))
                    .toList();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the server's own response cannot be read", e);
        }
    }

    private byte[] respond(int query) {
        Response response = new Response();
        service.search(requests.get(query), response);
        return response.bytes;
    }

    /** Takes the response in as the transport does: as bytes. */
    private static final class Response implements StreamObserver<ShardSearchResponse> {
        private byte[] bytes = {};

        @Override
        public void onNext(ShardSearchResponse response) {
            bytes = response.toByteArray();
        }

        @Override
        public void onError(Throwable refusal) {
            throw new IllegalStateException("the server refused a search", refusal);
        }

        @Override
        public void onCompleted() {}
    }
}
