package io.millrace.coordinator.search;

import io.millrace.coordinator.encode.WorkerPool;
import io.millrace.service.Refusals;
import io.millrace.v1.Collection;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodedBatch;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.TextRole;
import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Turns a search request's query into a vector of the collection's space. Safe for any thread. */
final class QueryEncoder {
    private static final int MAX_QUERY_BYTES = 64 << 10;

    private final WorkerPool workers;

    QueryEncoder(WorkerPool workers) {
        this.workers = workers;
    }

    /**
     * A query ready to be scattered.
     *
     * @param vector weights by term
     * @param terms spelling of each term, parallel to the vector; empty if nobody asked
     * @param truncatedTokens tokens of the text that the model did not read
     */
    record Query(SparseVector vector, List<String> terms, int truncatedTokens) {}

    Query encode(SearchRequest request, Collection collection, Duration timeout) throws InterruptedException {
        return switch (request.getQueryCase()) {
            case TEXT -> encodeText(request, collection, timeout);
            case VECTOR -> given(request);
            case QUERY_NOT_SET -> throw Refusals.invalidArgument("query", "is missing; send text or vector");
        };
    }

    private Query encodeText(SearchRequest request, Collection collection, Duration timeout)
            throws InterruptedException {
        int bytes = request.getTextBytes().size();
        if (request.getText().isBlank() || bytes > MAX_QUERY_BYTES) {
            throw Refusals.invalidArgument(
                    "text",
                    "has " + bytes + " bytes" + (bytes > 0 && bytes <= MAX_QUERY_BYTES ? ", all blank" : "")
                            + "; a query has 1 to " + MAX_QUERY_BYTES);
        }
        EncodedBatch batch = workers.encode(
                EncodeBatch.newBuilder()
                        .setSpaceId(collection.getSpaceId())
                        .setRole(TextRole.TEXT_ROLE_QUERY)
                        .addTexts(request.getText())
                        .setIncludeTerms(request.getExplain())
                        .build(),
                timeout);
        try {
            SparseVector vector = VectorBlockCodec.decode(
                            batch.getVectors().getPayload().toByteArray(),
                            1,
                            batch.getVectors().getCrc32C())
                    .getFirst();
            int truncated = batch.getTruncatedTokensCount() > 0 ? batch.getTruncatedTokens(0) : 0;
            return new Query(vector, batch.getTermsList(), truncated);
        } catch (InvalidVectorException e) {
            throw Refusals.unavailable("the worker's answer cannot be read: " + e.getMessage() + "; search again");
        }
    }

    private static Query given(SearchRequest request) {
        if (request.getSpaceId().isEmpty()) {
            throw Refusals.invalidArgument(
                    "space_id",
                    "is missing; a ready-made vector must name the space it was made in, so that it is never scored in another");
        }
        try {
            return new Query(vector(request.getVector()), new ArrayList<>(), 0);
        } catch (InvalidVectorException e) {
            throw Refusals.invalidArgument("vector", e.getMessage() == null ? "is invalid" : e.getMessage());
        }
    }

    private static SparseVector vector(io.millrace.v1.SparseVector message) {
        int[] ids = message.getIdsList().stream().mapToInt(Integer::intValue).toArray();
        float[] weights = new float[message.getWeightsCount()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = message.getWeights(i);
        }
        return new SparseVector(ids, weights);
    }
}
