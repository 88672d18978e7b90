package io.millrace.index.service;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.SearchView;
import io.millrace.index.search.Searcher;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.Shard;
import io.millrace.service.Refusals;
import io.millrace.v1.ShardHit;
import io.millrace.v1.ShardHits;
import io.millrace.v1.ShardSearchBatchRequest;
import io.millrace.v1.ShardSearchBatchResponse;
import io.millrace.v1.ShardSearchRequest;
import io.millrace.v1.VectorBlock;
import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** SearchBatch: top-k of one shard for each of many queries, all over the same state. */
final class SearchBatchHandler {
    static final int MAX_QUERIES = 1_024;
    // A thousand searches that nothing can be left out of, over millions of documents.
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    private final ShardRegistry shards;
    private final SearchPool pool;
    private final BatchLanes lanes;
    private final IndexMetrics metrics;

    SearchBatchHandler(ShardRegistry shards, SearchPool pool, IndexMetrics metrics) {
        this.shards = shards;
        this.pool = pool;
        this.lanes = new BatchLanes(pool.slots());
        this.metrics = metrics;
    }

    ShardSearchBatchResponse search(ShardSearchBatchRequest request) {
        long deadlineNanos = System.nanoTime() + CallDeadline.nanosLeft(LONGEST_WAIT);
        ShardSearchRequest options = request.getOptions();
        Shard shard = ShardRefs.require(shards, options.getShard(), options.getEpoch())
                .shard();
        SearchPlan plan = SearchPlan.of(options);
        List<SparseVector> queries = queries(request);
        SearchHandler.awaitApplied(shard, options.getMinAppliedIndex());
        Context call = Context.current();
        long begun = System.nanoTime();
        ShardHits[] results = new ShardHits[queries.size()];
        ResponseRoom room = new ResponseRoom("send fewer queries at a time, or leave out include_source and explain");
        try (SearchState state = SearchHandler.state(shard)) {
            SearchView view = pool.run(deadlineNanos - System.nanoTime(), searcher -> plan.view(state));
            lanes.run(queries.size(), deadlineNanos, i -> {
                if (call.isCancelled()) {
                    throw Status.CANCELLED
                            .withDescription("the caller has gone after " + i + " of " + queries.size() + " queries")
                            .asRuntimeException();
                }
                SparseVector query = queries.get(i);
                results[i] = pool.run(
                        deadlineNanos - System.nanoTime(),
                        searcher -> hits(new Work(plan, searcher, state, view), query, room));
            });
            return ShardSearchBatchResponse.newBuilder()
                    .addAllResults(Arrays.asList(results))
                    .setAppliedIndex(state.appliedIndex())
                    .setSearchMicros((System.nanoTime() - begun) / 1_000)
                    .build();
        } catch (StatusRuntimeException e) {
            metrics.refused("search_batch");
            throw e;
        }
    }

    private record Work(SearchPlan plan, Searcher searcher, SearchState state, SearchView view) {
        List<ScoredDocument> find(SparseVector query) {
            return plan.find(searcher, state, view, query);
        }
    }

    private ShardHits hits(Work work, SparseVector query, ResponseRoom room) {
        long begun = System.nanoTime();
        List<ScoredDocument> found = work.find(query);
        metrics.searched(System.nanoTime() - begun);
        ShardHits.Builder hits = ShardHits.newBuilder();
        for (ScoredDocument document : found) {
            ShardHit hit = work.plan.hit(document, query, work.state);
            room.take(hit.getSerializedSize());
            hits.addHits(hit);
        }
        return hits.build();
    }

    private static List<SparseVector> queries(ShardSearchBatchRequest request) {
        if (request.getOptions().hasQuery()) {
            throw Refusals.invalidArgument("options.query", "is set; send the vectors of a batch as queries");
        }
        VectorBlock block = request.getQueries();
        long count = Integer.toUnsignedLong(block.getCount());
        if (count < 1 || count > MAX_QUERIES) {
            throw Refusals.invalidArgument(
                    "queries.count", "is " + count + "; send 1 to " + MAX_QUERIES + " queries at a time");
        }
        try {
            return VectorBlockCodec.decode(block.getPayload().toByteArray(), block.getCount(), block.getCrc32C());
        } catch (InvalidVectorException e) {
            throw Refusals.invalidArgument("queries.payload", String.valueOf(e.getMessage()));
        }
    }
}
