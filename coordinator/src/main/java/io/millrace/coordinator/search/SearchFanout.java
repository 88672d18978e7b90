package io.millrace.coordinator.search;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.catalog.CollectionCatalog;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.coordinator.encode.WorkerPool;
import io.millrace.coordinator.search.QueryEncoder.Query;
import io.millrace.service.FilterCheck;
import io.millrace.service.Metrics;
import io.millrace.service.Refusals;
import io.millrace.v1.Collection;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.Coverage;
import io.millrace.v1.IndexServerGrpc.IndexServerFutureStub;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import io.millrace.v1.SearchTiming;
import io.millrace.v1.ShardPlacement;
import io.millrace.v1.ShardSearchRequest;
import io.millrace.v1.ShardSearchResponse;
import io.millrace.v1.SparseVector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The way of a query: encode it once, ask every shard for its top k at the same time, merge. A shard that does not answer
 * fails the search unless the caller allows a partial answer; the answer says what it covers. Safe for any thread.
 */
public final class SearchFanout {
    private static final int MAX_K = 10_000;
    private static final float LOWEST_RECALL = 0.8f;

    /** Answers of so few hits are small enough to be parsed by the thread that reads the network. */
    private static final int FEW_HITS = 100;

    private final CollectionCatalog catalog;
    private final IndexServers servers;
    private final QueryEncoder encoder;
    private final Duration defaultTimeout;
    private final Metrics.LabelledRecorder seconds;

    /** A fan-out over the shards that the catalog names. */
    public SearchFanout(
            CollectionCatalog catalog,
            IndexServers servers,
            WorkerPool workers,
            Duration defaultTimeout,
            Metrics metrics) {
        this.catalog = catalog;
        this.servers = servers;
        this.encoder = new QueryEncoder(workers);
        this.defaultTimeout = defaultTimeout;
        this.seconds = metrics.seconds("millrace_search_seconds", "Time of searches by stage, seconds.", "stage");
    }

    /**
     * Answers a search.
     *
     * @throws StatusRuntimeException with a precise status: see {@code coordinator.proto}
     */
    public SearchResponse search(SearchRequest request) throws InterruptedException {
        Refusals.requireTimeLeft();
        Collection collection = catalog.require(request.getCollection());
        check(request, collection);
        Duration timeout = timeLeft();
        long started = System.nanoTime();
        Query query = encoder.encode(request, collection, timeout);
        long encoded = System.nanoTime();
        Map<ShardPlacement, ShardSearchResponse> answers = query.vector().isEmpty()
                ? Map.of()
                : scatter(request, collection, query, timeout.minusNanos(encoded - started));
        SearchResponse.Builder response = SearchResponse.newBuilder()
                .addAllHits(new HitMerge(query, request.getK()).merge(answers.values()))
                .setCoverage(Coverage.newBuilder()
                        .setShardsOk(query.vector().isEmpty() ? collection.getShardsCount() : answers.size())
                        .setShardsTotal(collection.getShardsCount())
                        .setGeneration(collection.getGeneration())
                        .setSpaceId(collection.getSpaceId()))
                .setToken(token(collection, answers))
                .setQueryTerms(query.vector().size())
                .setQueryTruncatedTokens(query.truncatedTokens());
        long merged = System.nanoTime();
        boolean text = request.hasText();
        seconds.add("encode", (encoded - started) / 1e9);
        seconds.add("search", (merged - encoded) / 1e9);
        return response.setTiming(SearchTiming.newBuilder()
                        .setEncodeMicros(text ? (encoded - started) / 1_000 : 0)
                        .setSearchMicros((merged - encoded) / 1_000))
                .build();
    }

    private static void check(SearchRequest request, Collection collection) {
        if (request.getK() < 1 || request.getK() > MAX_K) {
            throw Refusals.invalidArgument(
                    "k", "is " + Integer.toUnsignedString(request.getK()) + "; ask for 1 to " + MAX_K + " hits");
        }
        float recall = request.getRecallTarget();
        if (recall != 0f && !(recall >= LOWEST_RECALL && recall <= 1f)) {
            throw Refusals.invalidArgument(
                    "recall_target",
                    "is " + recall + "; aim at " + LOWEST_RECALL + " to 1, or leave it 0 for exact results");
        }
        if (request.hasFilter()) {
            FilterCheck.check(request.getFilter(), "filter");
        }
        if (!request.getSpaceId().isEmpty() && !request.getSpaceId().equals(collection.getSpaceId())) {
            throw Refusals.failedPrecondition("collection '" + collection.getName() + "' is in space "
                    + collection.getSpaceId() + " but the query is for space " + request.getSpaceId()
                    + "; encode it with the collection's model");
        }
        if (request.getGeneration() != 0 && request.getGeneration() != collection.getGeneration()) {
            throw Refusals.failedPrecondition("collection '" + collection.getName() + "' is at generation "
                    + collection.getGeneration() + " but the query is for generation " + request.getGeneration()
                    + "; leave generation at 0 to search the current one");
        }
        if (request.getEpoch() != 0 && request.getEpoch() != collection.getEpoch()) {
            throw Refusals.failedPrecondition("collection '" + collection.getName() + "' is at epoch "
                    + collection.getEpoch() + " but the query is for epoch " + request.getEpoch()
                    + "; leave epoch at 0 to search the current one");
        }
    }

    private Map<ShardPlacement, ShardSearchResponse> scatter(
            SearchRequest request, Collection collection, Query query, Duration timeout) throws InterruptedException {
        SparseVector.Builder vector = SparseVector.newBuilder();
        for (int i = 0; i < query.vector().size(); i++) {
            vector.addIds(query.vector().ids()[i]).addWeights(query.vector().weights()[i]);
        }
        ShardSearchRequest.Builder everywhere = ShardSearchRequest.newBuilder()
                .setEpoch(collection.getEpoch())
                .setQuery(vector)
                .setK(request.getK())
                .setIncludeSource(request.getIncludeSource())
                .setExplain(request.getExplain())
                .setRecallTarget(request.getRecallTarget());
        if (request.hasFilter()) {
            everywhere.setFilter(request.getFilter());
        }
        Map<ShardPlacement, ListenableFuture<ShardSearchResponse>> calls = new LinkedHashMap<>();
        for (ShardPlacement placement : collection.getShardsList()) {
            IndexServerFutureStub server = servers.future(placement.getServer(), timeout);
            calls.put(
                    placement,
                    (request.getK() <= FEW_HITS ? server.withExecutor(Runnable::run) : server)
                            .search(everywhere
                                    .setShard(CollectionCatalog.shardRef(collection, placement.getShard()))
                                    .setMinAppliedIndex(request.getToken()
                                            .getAppliedIndexOrDefault(placement.getPlacementGroup(), 0))
                                    .build()));
        }
        return gather(request, calls);
    }

    private Map<ShardPlacement, ShardSearchResponse> gather(
            SearchRequest request, Map<ShardPlacement, ListenableFuture<ShardSearchResponse>> calls)
            throws InterruptedException {
        Map<ShardPlacement, ShardSearchResponse> answers = new LinkedHashMap<>();
        List<StatusRuntimeException> failures = new ArrayList<>();
        try {
            for (var call : calls.entrySet()) {
                try {
                    answers.put(call.getKey(), call.getValue().get());
                } catch (ExecutionException e) {
                    StatusRuntimeException failure = failure(call.getKey(), e);
                    boolean missing = failure.getStatus().getCode() == Status.Code.UNAVAILABLE;
                    if (!missing || !request.getAllowPartial()) {
                        throw failure;
                    }
                    failures.add(failure);
                }
            }
        } finally {
            calls.values().forEach(call -> call.cancel(true));
        }
        if (answers.isEmpty() && !failures.isEmpty()) {
            throw failures.getFirst();
        }
        return answers;
    }

    private static StatusRuntimeException failure(ShardPlacement placement, ExecutionException e) {
        Status status = Status.fromThrowable(e);
        String where = "shard " + placement.getShard() + " on " + placement.getIndexServer() + ": ";
        return switch (status.getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED ->
                Refusals.unavailable(where + "no answer ("
                        + status.getCode() + (status.getDescription() == null ? "" : ", " + status.getDescription())
                        + "); search again, or set allow_partial to be answered by the other shards");
            default -> status.withDescription(where + status.getDescription()).asRuntimeException();
        };
    }

    private Duration timeLeft() {
        Deadline deadline = Context.current().getDeadline();
        return deadline == null
                ? defaultTimeout
                : Duration.ofNanos(Math.max(1, deadline.timeRemaining(TimeUnit.NANOSECONDS)));
    }

    private static ConsistencyToken token(Collection collection, Map<ShardPlacement, ShardSearchResponse> answers) {
        ConsistencyToken.Builder token = ConsistencyToken.newBuilder().setShardMapEpoch(collection.getShardMapEpoch());
        answers.forEach(
                (placement, answer) -> token.putAppliedIndex(placement.getPlacementGroup(), answer.getAppliedIndex()));
        return token.build();
    }
}
