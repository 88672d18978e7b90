package io.millrace.index.service;

import io.grpc.StatusRuntimeException;
import io.millrace.index.codec.SourceCodec;
import io.millrace.index.filter.Filter;
import io.millrace.index.search.Accuracy;
import io.millrace.index.search.MatchedTerm;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.SearchView;
import io.millrace.index.search.Searcher;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.Shard;
import io.millrace.service.Refusals;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.ShardHit;
import io.millrace.v1.ShardSearchRequest;
import io.millrace.v1.ShardSearchResponse;
import io.millrace.v1.TermMatch;
import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseVector;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Search: top-k of one shard, with sources and explanations of the state that was searched. */
final class SearchHandler {
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
    // How long to wait for a write that the caller has seen elsewhere; replicas are milliseconds apart.
    private static final Duration LONGEST_CATCH_UP = Duration.ofSeconds(1);
    // Below what a server takes as a message.
    private static final long MAX_RESPONSE_BYTES = 32L << 20;

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
        Wanted wanted = new Wanted(
                query(request),
                request.hasFilter() ? FilterParser.parse(request.getFilter()) : null,
                k(request),
                accuracy(request.getRecallTarget()));
        awaitApplied(shard, request.getMinAppliedIndex());
        try {
            return pool.run(CallDeadline.nanosLeft(LONGEST_WAIT), searcher -> search(shard, searcher, wanted, request));
        } catch (StatusRuntimeException e) {
            metrics.refused("search");
            throw e;
        }
    }

    /** What is asked of the searcher. */
    private record Wanted(SparseVector query, @Nullable Filter filter, int k, Accuracy accuracy) {
        List<ScoredDocument> search(Searcher searcher, SearchView view) {
            return searcher.search(filter == null ? view : view.matching(filter), query, k, accuracy);
        }
    }

    private ShardSearchResponse search(Shard shard, Searcher searcher, Wanted wanted, ShardSearchRequest request) {
        long begun = System.nanoTime();
        try (SearchState state = state(shard)) {
            List<ScoredDocument> hits = wanted.search(searcher, state.view());
            long nanos = System.nanoTime() - begun;
            metrics.searched(nanos);
            ShardSearchResponse.Builder response = ShardSearchResponse.newBuilder()
                    .setAppliedIndex(state.appliedIndex())
                    .setSearchMicros(nanos / 1_000);
            long bytes = 0;
            for (ScoredDocument hit : hits) {
                ShardHit answer = hit(hit, wanted.query(), state, request);
                bytes += answer.getSerializedSize();
                if (bytes > MAX_RESPONSE_BYTES) {
                    throw Refusals.invalidArgument(
                            "k",
                            wanted.k() + " hits with what was asked of them take more than "
                                    + (MAX_RESPONSE_BYTES >> 20)
                                    + " MiB; lower k, or leave out include_source and explain");
                }
                response.addHits(answer);
            }
            return response.build();
        }
    }

    private static ShardHit hit(ScoredDocument hit, SparseVector query, SearchState state, ShardSearchRequest request) {
        ShardHit.Builder answer =
                ShardHit.newBuilder().setId(hit.id().toString()).setScore(hit.score());
        if (request.getIncludeSource()) {
            answer.setSource(source(state, hit.ordinal()));
        }
        if (request.getExplain()) {
            for (MatchedTerm match : MatchedTerm.of(query, state.documents().vector(hit.ordinal()))) {
                answer.addMatches(TermMatch.newBuilder()
                        .setTermId(match.term())
                        .setQueryWeight(match.queryWeight())
                        .setDocumentWeight(match.documentWeight()));
            }
        }
        return answer.build();
    }

    /** Source of a live version. */
    static DocumentSource source(SearchState state, long ordinal) {
        return SourceCodec.source(ordinal, state.documents().source(ordinal));
    }

    /** The latest state; a shard that was dropped a moment ago has none. */
    static SearchState state(Shard shard) {
        try {
            return shard.state();
        } catch (IllegalStateException closed) {
            throw Refusals.notFound(closed.getMessage() + "; it was dropped, or the server is stopping");
        }
    }

    private static int k(ShardSearchRequest request) {
        long k = Integer.toUnsignedLong(request.getK());
        if (k < 1 || k > Searcher.MAX_K) {
            throw Refusals.invalidArgument("k", "is " + k + "; ask for 1 to " + Searcher.MAX_K + " hits");
        }
        return (int) k;
    }

    private static Accuracy accuracy(float recallTarget) {
        if (recallTarget == 0f) {
            return Accuracy.EXACT;
        }
        try {
            return Accuracy.aimingAt(recallTarget);
        } catch (IllegalArgumentException e) {
            throw Refusals.invalidArgument(
                    "recall_target",
                    "is " + recallTarget + "; aim at " + Accuracy.LOWEST_RECALL
                            + " to 1, or leave it 0 for exact results");
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

    private static void awaitApplied(Shard shard, long index) {
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
