package io.millrace.coordinator.search;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.catalog.CollectionCatalog;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.coordinator.encode.WorkerPool;
import io.millrace.coordinator.search.BatchEncoder.Outcome;
import io.millrace.coordinator.search.QueryEncoder.Query;
import io.millrace.service.Metrics;
import io.millrace.service.Refusals;
import io.millrace.v1.BatchQuery;
import io.millrace.v1.Collection;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.Coverage;
import io.millrace.v1.SearchBatchRequest;
import io.millrace.v1.SearchBatchResponse;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import io.millrace.v1.SearchTiming;
import io.millrace.v1.ShardHit;
import io.millrace.v1.ShardPlacement;
import io.millrace.v1.ShardSearchBatchResponse;
import io.millrace.v1.ShardSearchResponse;
import io.millrace.v1.SparseVector;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * The way of a query: encode it once, ask every shard for its top k at the same time, merge. A shard that does not answer
 * fails the search unless the caller allows a partial answer; the answer says what it covers. Safe for any thread.
 */
public final class SearchFanout {
    /** Answers of so few hits are small enough to be parsed by the thread that reads the network. */
    private static final int FEW_HITS = 100;

    /** Batches at a time: each may hold 32 MiB of each shard's answers. */
    private static final int BATCHES_AT_A_TIME = 16;

    private static final Duration RETRY_BATCH_AFTER = Duration.ofMillis(200);

    private final CollectionCatalog catalog;
    private final QueryEncoder encoder;
    private final ShardScatter shards;
    private final Semaphore batches = new Semaphore(BATCHES_AT_A_TIME);
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
        this.encoder = new QueryEncoder(
                workers,
                new QueryWeighting(
                        new TermStatistics(servers, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()))));
        this.shards = new ShardScatter(servers);
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
        SearchRules.check(request, collection);
        Duration timeout = timeLeft();
        long started = System.nanoTime();
        Query query = encoder.encode(request, collection, timeout);
        long encoded = System.nanoTime();
        Map<ShardPlacement, ShardSearchResponse> answers = query.vector().isEmpty()
                ? Map.of()
                : scatter(request, collection, query, timeout.minusNanos(encoded - started));
        List<List<ShardHit>> rankings =
                answers.values().stream().map(ShardSearchResponse::getHitsList).toList();
        SearchResponse.Builder response = SearchResponse.newBuilder()
                .addAllHits(new HitMerge(query, collection, request.getK()).merge(rankings))
                .setCoverage(
                        coverage(collection, query.vector().isEmpty() ? collection.getShardsCount() : answers.size()))
                .setToken(token(collection, answers, ShardSearchResponse::getAppliedIndex))
                .setQueryTerms(query.vector().size())
                .setQueryTruncatedTokens(query.truncatedTokens())
                .setTermStatisticsVersion(query.statisticsVersion());
        long merged = System.nanoTime();
        seconds.add("encode", (encoded - started) / 1e9);
        seconds.add("search", (merged - encoded) / 1e9);
        return response.setTiming(timing(request.hasText(), started, encoded, merged))
                .build();
    }

    /**
     * Answers many searches at once.
     *
     * @throws StatusRuntimeException with a precise status: see {@code coordinator.proto}
     */
    public SearchBatchResponse searchBatch(SearchBatchRequest request) throws InterruptedException {
        Refusals.requireTimeLeft();
        SearchRequest options = request.getOptions();
        Collection collection = catalog.require(options.getCollection());
        SearchRules.check(options, collection);
        BatchSearch.check(request);
        if (!batches.tryAcquire()) {
            throw Refusals.overloaded(BATCHES_AT_A_TIME + " batches of queries are under way", RETRY_BATCH_AFTER);
        }
        try {
            return searchBatch(request, collection);
        } finally {
            batches.release();
        }
    }

    private SearchBatchResponse searchBatch(SearchBatchRequest request, Collection collection)
            throws InterruptedException {
        Duration timeout = timeLeft();
        long started = System.nanoTime();
        List<Outcome> outcomes = new BatchEncoder(encoder).encode(request, collection, timeout);
        long encoded = System.nanoTime();
        List<Query> queries = BatchSearch.searchable(outcomes);
        Map<ShardPlacement, ShardSearchBatchResponse> answers =
                new BatchSearch(shards).scatter(request, collection, queries, timeout.minusNanos(encoded - started));
        SearchBatchResponse.Builder response = SearchBatchResponse.newBuilder()
                .addAllResults(BatchSearch.merge(request, collection, outcomes, answers.values()))
                .setCoverage(coverage(collection, queries.isEmpty() ? collection.getShardsCount() : answers.size()))
                .setToken(token(collection, answers, ShardSearchBatchResponse::getAppliedIndex));
        long merged = System.nanoTime();
        seconds.add("batch_encode", (encoded - started) / 1e9);
        seconds.add("batch_search", (merged - encoded) / 1e9);
        boolean texts = request.getQueriesList().stream().anyMatch(BatchQuery::hasText);
        return response.setTiming(timing(texts, started, encoded, merged)).build();
    }

    private Map<ShardPlacement, ShardSearchResponse> scatter(
            SearchRequest request, Collection collection, Query query, Duration timeout) throws InterruptedException {
        SparseVector.Builder vector = SparseVector.newBuilder();
        for (int i = 0; i < query.vector().size(); i++) {
            vector.addIds(query.vector().ids()[i]).addWeights(query.vector().weights()[i]);
        }
        SparseVector message = vector.build();
        return shards.ask(
                request,
                collection,
                timeout,
                (server, options) -> (request.getK() <= FEW_HITS ? server.withExecutor(Runnable::run) : server)
                        .search(options.toBuilder().setQuery(message).build()));
    }

    private Duration timeLeft() {
        Deadline deadline = Context.current().getDeadline();
        return deadline == null
                ? defaultTimeout
                : Duration.ofNanos(Math.max(1, deadline.timeRemaining(TimeUnit.NANOSECONDS)));
    }

    private static Coverage coverage(Collection collection, int shardsThatAnswered) {
        return Coverage.newBuilder()
                .setShardsOk(shardsThatAnswered)
                .setShardsTotal(collection.getShardsCount())
                .setGeneration(collection.getGeneration())
                .setSpaceId(collection.getSpaceId())
                .build();
    }

    private static SearchTiming timing(boolean texts, long started, long encoded, long merged) {
        return SearchTiming.newBuilder()
                .setEncodeMicros(texts ? (encoded - started) / 1_000 : 0)
                .setSearchMicros((merged - encoded) / 1_000)
                .build();
    }

    private static <T> ConsistencyToken token(
            Collection collection, Map<ShardPlacement, T> answers, ToLongFunction<T> appliedIndex) {
        ConsistencyToken.Builder token = ConsistencyToken.newBuilder().setShardMapEpoch(collection.getShardMapEpoch());
        answers.forEach((placement, answer) ->
                token.putAppliedIndex(placement.getPlacementGroup(), appliedIndex.applyAsLong(answer)));
        return token.build();
    }
}
