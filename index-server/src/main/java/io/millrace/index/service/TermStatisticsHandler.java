package io.millrace.index.service;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.index.segment.SegmentView;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.Shard;
import io.millrace.service.Refusals;
import io.millrace.v1.TermStatisticsRequest;
import io.millrace.v1.TermStatisticsResponse;
import java.time.Duration;
import java.util.List;

/**
 * TermStatistics: document frequencies of one shard, all of one state. They take turns with searches, because a term whose
 * list must be read costs about what a search for it does.
 */
final class TermStatisticsHandler {
    static final int MAX_TERMS = 65_536;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private final ShardRegistry shards;
    private final SearchPool pool;
    private final IndexMetrics metrics;

    TermStatisticsHandler(ShardRegistry shards, SearchPool pool, IndexMetrics metrics) {
        this.shards = shards;
        this.pool = pool;
        this.metrics = metrics;
    }

    TermStatisticsResponse count(TermStatisticsRequest request) {
        if (request.getTermIdsCount() > MAX_TERMS) {
            throw Refusals.invalidArgument(
                    "term_ids",
                    "has " + request.getTermIdsCount() + " terms; ask for " + MAX_TERMS + " at most at a time");
        }
        Shard shard = ShardRefs.require(shards, request.getShard(), request.getEpoch())
                .shard();
        SearchHandler.awaitApplied(shard, request.getMinAppliedIndex());
        try {
            return pool.run(CallDeadline.nanosLeft(LONGEST_WAIT), searcher -> count(shard, request.getTermIdsList()));
        } catch (StatusRuntimeException e) {
            metrics.refused("term_statistics");
            throw e;
        }
    }

    private static TermStatisticsResponse count(Shard shard, List<Integer> terms) {
        Context call = Context.current();
        try (SearchState state = SearchHandler.state(shard)) {
            List<SegmentView> segments = state.view().segments();
            TermStatisticsResponse.Builder response = TermStatisticsResponse.newBuilder()
                    .setDocuments(state.size().documents())
                    .setAppliedIndex(state.appliedIndex());
            for (int term : terms) {
                if (call.isCancelled()) {
                    throw Status.CANCELLED
                            .withDescription("the caller has gone after " + response.getDocumentFrequenciesCount()
                                    + " of " + terms.size() + " terms")
                            .asRuntimeException();
                }
                int documents = 0;
                for (SegmentView segment : segments) {
                    documents += segment.documentsWith(term);
                }
                response.addDocumentFrequencies(documents);
            }
            return response.build();
        }
    }
}
