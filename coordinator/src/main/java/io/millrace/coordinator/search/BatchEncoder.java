package io.millrace.coordinator.search;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.search.QueryEncoder.Query;
import io.millrace.v1.BatchQuery;
import io.millrace.v1.Collection;
import io.millrace.v1.ItemError;
import io.millrace.v1.SearchBatchRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Turns a batch's queries into vectors, all texts in one go; one at fault does not spoil the others. Safe for any thread. */
record BatchEncoder(QueryEncoder encoder) {
    /** What became of a query. */
    sealed interface Outcome {
        /** It can be searched for. */
        record Encoded(Query query) implements Outcome {}

        /** It is at fault. */
        record Refused(ItemError error) implements Outcome {}
    }

    /**
     * One outcome for each query, in order.
     *
     * @throws StatusRuntimeException if it is not a query's fault: no worker answers, or none serves the space
     */
    List<Outcome> encode(SearchBatchRequest request, Collection collection, Duration timeout)
            throws InterruptedException {
        Work work = new Work(request, collection, System.nanoTime() + timeout.toNanos());
        List<Integer> texts = new ArrayList<>();
        for (int i = 0; i < work.outcomes.length; i++) {
            if (work.check(i)) {
                texts.add(i);
            }
        }
        if (!texts.isEmpty()) {
            work.encode(texts);
        }
        return Arrays.asList(work.outcomes);
    }

    /** A batch while its queries are encoded. For one thread. */
    private final class Work {
        private final SearchBatchRequest request;
        private final Collection collection;
        private final long deadlineNanos;
        private final Outcome[] outcomes;

        Work(SearchBatchRequest request, Collection collection, long deadlineNanos) {
            this.request = request;
            this.collection = collection;
            this.deadlineNanos = deadlineNanos;
            this.outcomes = new Outcome[request.getQueriesCount()];
        }

        /** Takes what is ready or at fault; true for a text that is to be encoded. */
        boolean check(int at) {
            BatchQuery query = request.getQueries(at);
            try {
                switch (query.getQueryCase()) {
                    case TEXT -> {
                        QueryEncoder.checkText(query.getText(), query.getTextBytes());
                        return true;
                    }
                    case VECTOR ->
                        outcomes[at] = new Outcome.Encoded(QueryEncoder.given(
                                query.getVector(), request.getOptions().getSpaceId()));
                    case QUERY_NOT_SET -> throw QueryEncoder.noQuery();
                }
            } catch (StatusRuntimeException e) {
                outcomes[at] = refused(at, e.getStatus());
            }
            return false;
        }

        /** Encodes texts together; if one of them spoils that, looks for it by halves. */
        void encode(List<Integer> places) throws InterruptedException {
            List<String> texts =
                    places.stream().map(at -> request.getQueries(at).getText()).toList();
            List<Query> queries;
            try {
                queries = encoder.encode(
                        texts, request.getOptions(), collection, Duration.ofNanos(deadlineNanos - System.nanoTime()));
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() != Status.Code.INVALID_ARGUMENT) {
                    throw e;
                }
                int half = places.size() / 2;
                if (half == 0) {
                    outcomes[places.getFirst()] = refused(places.getFirst(), e.getStatus());
                } else {
                    encode(places.subList(0, half));
                    encode(places.subList(half, places.size()));
                }
                return;
            }
            for (int i = 0; i < places.size(); i++) {
                outcomes[places.get(i)] = new Outcome.Encoded(queries.get(i));
            }
        }

        private Outcome refused(int at, Status status) {
            return new Outcome.Refused(ItemError.newBuilder()
                    .setCode(status.getCode().value())
                    .setMessage(
                            status.getDescription() == null ? status.getCode().name() : status.getDescription())
                    .setField("queries[" + at + "]")
                    .build());
        }
    }
}
