package io.millrace.index.service;

import io.grpc.StatusRuntimeException;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.Searcher;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.Shard;
import io.millrace.service.Refusals;
import io.millrace.v1.ShardHit;
import io.millrace.v1.ShardSearchRequest;
import io.millrace.v1.ShardSearchResponse;
import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseVector;
import java.time.Duration;
import java.util.List;

/** Search: top-k of one shard, with sources and explanations of the state that was searched. */
final class SearchHandler {
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
    // How long to wait for a write that the caller has seen elsewhere; replicas are milliseconds apart.
    private static final Duration LONGEST_CATCH_UP = Duration.ofSeconds(1);

    private final ShardRegistry shards;
    private final SearchPool pool;
    private final IndexMetrics metrics;

    SearchHandler(ShardRegistry shards, SearchPool pool, IndexMetrics metrics) {
        this.shards = shards;
        this.pool = pool;
        this.metrics = metrics;
    }

    ShardSearchResponse search(ShardSearchRequest request) {
        Shard shard = ShardRefs.require(shards, request.getShard(), request.getEpoch())
                .shard();
        SearchPlan plan = SearchPlan.of(request);
        SparseVector query = query(request);
        awaitApplied(shard, request.getMinAppliedIndex());
        try {
            return pool.run(CallDeadline.nanosLeft(LONGEST_WAIT), searcher -> search(shard, searcher, query, plan));
        } catch (StatusRuntimeException e) {
            metrics.refused("search");
            throw e;
        }
    }

    private ShardSearchResponse search(Shard shard, Searcher searcher, SparseVector query, SearchPlan plan) {
        long begun = System.nanoTime();
        try (SearchState state = state(shard)) {
            List<ScoredDocument> hits = plan.find(searcher, state, plan.view(state), query);
            long nanos = System.nanoTime() - begun;
            metrics.searched(nanos);
            ShardSearchResponse.Builder response = ShardSearchResponse.newBuilder()
                    .setAppliedIndex(state.appliedIndex())
                    .setSearchMicros(nanos / 1_000);
            ResponseRoom room = new ResponseRoom("or leave out include_source and explain");
            for (ScoredDocument hit : hits) {
                ShardHit answer = plan.hit(hit, query, state);
                room.take(answer.getSerializedSize());
                response.addHits(answer);
            }
            return response.build();
        }
    }

    /** The latest state; a shard that was dropped a moment ago has none. */
    static SearchState state(Shard shard) {
        try {
            return shard.state();
        } catch (IllegalStateException closed) {
            throw Refusals.notFound(closed.getMessage() + "; it was dropped, or the server is stopping");
        }
    }

    private static SparseVector query(ShardSearchRequest request) {
        io.millrace.v1.SparseVector query = request.getQuery();
        int[] ids = new int[query.getIdsCount()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = query.getIds(i);
        }
        float[] weights = new float[query.getWeightsCount()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = query.getWeights(i);
        }
        try {
            return new SparseVector(ids, weights);
        } catch (InvalidVectorException e) {
            throw Refusals.invalidArgument("query", String.valueOf(e.getMessage()));
        }
    }

    /** Waits for the index that the caller has seen, a second at most. */
    static void awaitApplied(Shard shard, long index) {
        try {
            if (!shard.awaitApplied(index, CallDeadline.nanosLeft(LONGEST_CATCH_UP) / 1_000_000)) {
                throw Refusals.unavailable("shard " + shard.descriptor().identity() + " has applied index "
                        + shard.durableIndex() + " but the search needs " + Long.toUnsignedString(index)
                        + "; search again, or another replica");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Refusals.unavailable("the server is stopping; search another replica");
        }
    }
}
