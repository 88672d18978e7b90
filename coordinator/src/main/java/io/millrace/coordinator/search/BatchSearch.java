package io.millrace.coordinator.search;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.search.BatchEncoder.Outcome;
import io.millrace.coordinator.search.QueryEncoder.Query;
import io.millrace.service.Refusals;
import io.millrace.v1.BatchResult;
import io.millrace.v1.Collection;
import io.millrace.v1.SearchBatchRequest;
import io.millrace.v1.ShardHit;
import io.millrace.v1.ShardPlacement;
import io.millrace.v1.ShardSearchBatchRequest;
import io.millrace.v1.ShardSearchBatchResponse;
import io.millrace.v1.VectorBlock;
import io.millrace.vector.VectorBlockCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The shards' part of a batch: the queries that have terms go to every shard in one call, and each query's hits are merged. Safe
 * for any thread.
 */
record BatchSearch(ShardScatter shards) {
    /** Most queries of a batch. */
    static final int MAX_QUERIES = 1_024;
    // Below what a client takes as a message.
    private static final long MAX_RESPONSE_BYTES = 32L << 20;

    /** Refuses a batch of too few or too many queries, or with a query among its options. */
    static void check(SearchBatchRequest request) {
        int count = request.getQueriesCount();
        if (count < 1 || count > MAX_QUERIES) {
            throw Refusals.invalidArgument(
                    "queries", "there are " + count + "; send 1 to " + MAX_QUERIES + " at a time");
        }
        if (request.getOptions().hasText() || request.getOptions().hasVector()) {
            throw Refusals.invalidArgument(
                    "options",
                    "has a " + (request.getOptions().hasText() ? "text" : "vector")
                            + " of its own; send it as one of the queries");
        }
    }

    /** The queries that can match something, in order. */
    static List<Query> searchable(List<Outcome> outcomes) {
        List<Query> queries = new ArrayList<>();
        for (Outcome outcome : outcomes) {
            if (outcome instanceof Outcome.Encoded(Query query)
                    && !query.vector().isEmpty()) {
                queries.add(query);
            }
        }
        return queries;
    }

    /** Each shard's answers to the queries. */
    Map<ShardPlacement, ShardSearchBatchResponse> scatter(
            SearchBatchRequest request, Collection collection, List<Query> queries, Duration timeout)
            throws InterruptedException {
        if (queries.isEmpty()) {
            return Map.of();
        }
        byte[] payload =
                VectorBlockCodec.encode(queries.stream().map(Query::vector).toList());
        VectorBlock vectors = VectorBlock.newBuilder()
                .setCount(queries.size())
                .setPayload(UnsafeByteOperations.unsafeWrap(payload))
                .setCrc32C(VectorBlockCodec.crc32c(payload))
                .build();
        Map<ShardPlacement, ShardSearchBatchResponse> answers = shards.ask(
                request.getOptions(),
                collection,
                timeout,
                (server, options) -> server.searchBatch(ShardSearchBatchRequest.newBuilder()
                        .setOptions(options)
                        .setQueries(vectors)
                        .build()));
        answers.forEach((placement, answer) -> {
            if (answer.getResultsCount() != queries.size()) {
                throw Refusals.unavailable("shard " + placement.getShard() + " on " + placement.getIndexServer()
                        + ": answered " + answer.getResultsCount() + " of " + queries.size()
                        + " queries; search again");
            }
        });
        return answers;
    }

    /**
     * One result for each query.
     *
     * @throws StatusRuntimeException INVALID_ARGUMENT if they are too large together
     */
    static List<BatchResult> merge(
            SearchBatchRequest request,
            Collection collection,
            List<Outcome> outcomes,
            java.util.Collection<ShardSearchBatchResponse> answers) {
        List<BatchResult> results = new ArrayList<>(outcomes.size());
        int searched = 0;
        long bytes = 0;
        for (Outcome outcome : outcomes) {
            BatchResult.Builder result = BatchResult.newBuilder();
            switch (outcome) {
                case Outcome.Refused refused -> result.setError(refused.error());
                case Outcome.Encoded(Query query) -> {
                    result.setQueryTerms(query.vector().size()).setQueryTruncatedTokens(query.truncatedTokens());
                    if (!query.vector().isEmpty()) {
                        int place = searched++;
                        List<List<ShardHit>> rankings = answers.stream()
                                .map(answer -> answer.getResults(place).getHitsList())
                                .toList();
                        result.addAllHits(new HitMerge(
                                        query, collection, request.getOptions().getK())
                                .merge(rankings));
                    }
                }
            }
            BatchResult built = result.build();
            bytes += built.getSerializedSize();
            if (bytes > MAX_RESPONSE_BYTES) {
                throw Refusals.invalidArgument(
                        "k",
                        "the hits of " + outcomes.size() + " queries take more than " + (MAX_RESPONSE_BYTES >> 20)
                                + " MiB; lower k, send fewer queries at a time, or leave out include_source and"
                                + " explain");
            }
            results.add(built);
        }
        return results;
    }
}
