package io.millrace.coordinator.search;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.catalog.CollectionCatalog;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.service.Refusals;
import io.millrace.v1.Collection;
import io.millrace.v1.IndexServerGrpc.IndexServerFutureStub;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.ShardPlacement;
import io.millrace.v1.ShardSearchRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/** Asks all shards of a collection at the same time and gathers their answers. Safe for any thread. */
record ShardScatter(IndexServers servers) {
    /** Sends one shard's part of the work. */
    interface Call<T> {
        /**
         * Begins a call.
         *
         * @param server the shard's server, with a deadline
         * @param options all that the search asks of the shard but its query
         */
        ListenableFuture<T> send(IndexServerFutureStub server, ShardSearchRequest options);
    }

    /**
     * The answer of each shard.
     *
     * @param request what the search asks for; its query is not looked at
     * @param timeout for all of them
     * @throws StatusRuntimeException of the first shard that refused, or did not answer and may not be missing
     */
    <T> Map<ShardPlacement, T> ask(SearchRequest request, Collection collection, Duration timeout, Call<T> call)
            throws InterruptedException {
        ShardSearchRequest.Builder options = ShardSearchRequest.newBuilder()
                .setEpoch(collection.getEpoch())
                .setK(request.getK())
                .setIncludeSource(request.getIncludeSource())
                .setExplain(request.getExplain())
                .setRecallTarget(request.getRecallTarget())
                .setRescore(request.getRescore());
        if (request.hasFilter()) {
            options.setFilter(request.getFilter());
        }
        Map<ShardPlacement, ListenableFuture<T>> calls = new LinkedHashMap<>();
        for (ShardPlacement placement : collection.getShardsList()) {
            options.setShard(CollectionCatalog.shardRef(collection, placement.getShard()))
                    .setMinAppliedIndex(request.getToken().getAppliedIndexOrDefault(placement.getPlacementGroup(), 0));
            calls.put(placement, call.send(servers.future(placement.getServer(), timeout), options.build()));
        }
        return gather(request.getAllowPartial(), calls);
    }

    /** What calls under way are answered with; none of them is under way any more when this ends. */
    static <T> Map<ShardPlacement, T> gather(boolean allowPartial, Map<ShardPlacement, ListenableFuture<T>> calls)
            throws InterruptedException {
        Map<ShardPlacement, T> answers = new LinkedHashMap<>();
        List<StatusRuntimeException> failures = new ArrayList<>();
        try {
            for (var call : calls.entrySet()) {
                try {
                    answers.put(call.getKey(), call.getValue().get());
                } catch (ExecutionException e) {
                    StatusRuntimeException failure = failure(call.getKey(), e);
                    boolean missing = failure.getStatus().getCode() == Status.Code.UNAVAILABLE;
                    if (!missing || !allowPartial) {
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
}
