package io.millrace.coordinator.search;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.catalog.EncodingSpace;
import io.millrace.coordinator.encode.WorkerPool;
import io.millrace.service.Refusals;
import io.millrace.v1.Collection;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodedBatch;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SpaceKind;
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
    private final QueryWeighting weighting;

    QueryEncoder(WorkerPool workers, QueryWeighting weighting) {
        this.workers = workers;
        this.weighting = weighting;
    }

    /**
     * A query ready to be scattered.
     *
     * @param vector weights by term
     * @param terms spelling of each term, parallel to the vector; empty if nobody asked
     * @param truncatedTokens tokens of the text that the model did not read
     * @param statisticsVersion of the document frequencies in its weights; 0 = none
     */
    record Query(SparseVector vector, List<String> terms, int truncatedTokens, long statisticsVersion) {
        Query weighed(SparseVector weights, long version) {
            return new Query(weights, terms, truncatedTokens, version);
        }
    }

    /** The query of one search. */
    Query encode(SearchRequest request, Collection collection, Duration timeout) throws InterruptedException {
        return switch (request.getQueryCase()) {
            case TEXT -> {
                checkText(request.getText(), request.getTextBytes());
                yield encode(List.of(request.getText()), request, collection, timeout)
                        .getFirst();
            }
            case VECTOR -> given(request.getVector(), request.getSpaceId());
            case QUERY_NOT_SET -> throw noQuery();
        };
    }

    /**
     * Encodes texts together.
     *
     * @param texts checked ones
     * @param options of the search; its query is not looked at
     */
    List<Query> encode(List<String> texts, SearchRequest options, Collection collection, Duration timeout)
            throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        EncodedBatch batch = workers.encode(
                EncodeBatch.newBuilder()
                        .setRole(TextRole.TEXT_ROLE_QUERY)
                        .addAllTexts(texts)
                        .setIncludeTerms(options.getExplain())
                        .build(),
                space(options, collection),
                timeout);
        List<SparseVector> vectors;
        try {
            vectors = VectorBlockCodec.decode(
                    batch.getVectors().getPayload().toByteArray(),
                    texts.size(),
                    batch.getVectors().getCrc32C());
        } catch (InvalidVectorException e) {
            throw Refusals.unavailable("the worker's answer cannot be read: " + e.getMessage() + "; search again");
        }
        List<Query> queries = new ArrayList<>(vectors.size());
        int term = 0;
        for (int i = 0; i < vectors.size(); i++) {
            int end = Math.min(batch.getTermsCount(), term + vectors.get(i).size());
            int truncated = i < batch.getTruncatedTokensCount() ? batch.getTruncatedTokens(i) : 0;
            queries.add(new Query(vectors.get(i), batch.getTermsList().subList(term, end), truncated, 0));
            term = end;
        }
        return weighting.weigh(
                queries, options, collection, Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
    }

    /** Where the model's terms are enough, its own space: vectors of both have them alike. */
    private static EncodingSpace space(SearchRequest options, Collection collection) {
        EncodingSpace whole = EncodingSpace.of(collection);
        return options.getTerms() == SpaceKind.SPACE_KIND_LEARNED ? EncodingSpace.ofModel(whole.model()) : whole;
    }

    /** Refuses a text that no worker should be asked to encode. */
    static void checkText(String text, ByteString utf8) {
        int bytes = utf8.size();
        if (text.isBlank() || bytes > MAX_QUERY_BYTES) {
            throw Refusals.invalidArgument(
                    "text",
                    "has " + bytes + " bytes" + (bytes > 0 && bytes <= MAX_QUERY_BYTES ? ", all blank" : "")
                            + "; a query has 1 to " + MAX_QUERY_BYTES);
        }
    }

    /** What a request without a query is told. */
    static StatusRuntimeException noQuery() {
        return Refusals.invalidArgument("query", "is missing; send text or vector");
    }

    /** A query that came as a vector of a space. */
    static Query given(io.millrace.v1.SparseVector vector, String space) {
        if (space.isEmpty()) {
            throw Refusals.invalidArgument(
                    "space_id",
                    "is missing; a ready-made vector must name the space it was made in, so that it is never scored in another");
        }
        try {
            return new Query(vector(vector), List.of(), 0, 0);
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
