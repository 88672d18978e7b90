package io.millrace.coordinator.search;

import io.millrace.service.FilterCheck;
import io.millrace.service.Refusals;
import io.millrace.v1.Collection;
import io.millrace.v1.SearchRequest;

/** What a search, or a batch of them, must be for a collection to be searched by it. */
final class SearchRules {
    private static final int MAX_K = 10_000;
    private static final float LOWEST_RECALL = 0.8f;

    private SearchRules() {}

    /** Refuses a request whose numbers are out of range, or that is for another state of the collection. */
    static void check(SearchRequest request, Collection collection) {
        if (request.getK() < 1 || request.getK() > MAX_K) {
            throw Refusals.invalidArgument(
                    "k", "is " + Integer.toUnsignedString(request.getK()) + "; ask for 1 to " + MAX_K + " hits");
        }
        float recall = request.getRecallTarget();
        if (recall != 0f && !(recall >= LOWEST_RECALL && recall <= 1f)) {
            throw Refusals.invalidArgument(
                    "recall_target",
                    "is " + recall + "; aim at " + LOWEST_RECALL + " to 1, or leave it 0 for exact results");
        }
        if (request.hasFilter()) {
            FilterCheck.check(request.getFilter(), "filter");
        }
        checkTerms(request, collection);
        if (!request.getSpaceId().isEmpty() && !request.getSpaceId().equals(collection.getSpaceId())) {
            throw Refusals.failedPrecondition("collection '" + collection.getName() + "' is in space "
                    + collection.getSpaceId() + " but the query is for space " + request.getSpaceId()
                    + "; encode it with the collection's model");
        }
        if (request.getGeneration() != 0 && request.getGeneration() != collection.getGeneration()) {
            throw Refusals.failedPrecondition("collection '" + collection.getName() + "' is at generation "
                    + collection.getGeneration() + " but the query is for generation " + request.getGeneration()
                    + "; leave generation at 0 to search the current one");
        }
        if (request.getEpoch() != 0 && request.getEpoch() != collection.getEpoch()) {
            throw Refusals.failedPrecondition("collection '" + collection.getName() + "' is at epoch "
                    + collection.getEpoch() + " but the query is for epoch " + request.getEpoch()
                    + "; leave epoch at 0 to search the current one");
        }
    }

    private static void checkTerms(SearchRequest request, Collection collection) {
        switch (request.getTerms()) {
            case SPACE_KIND_UNSPECIFIED, SPACE_KIND_LEARNED -> {}
            case SPACE_KIND_HYBRID -> {
                if (!collection.hasHybrid()) {
                    throw Refusals.failedPrecondition("collection '" + collection.getName()
                            + "' has the model's terms alone; leave terms out, or index into a hybrid collection");
                }
            }
            case UNRECOGNIZED ->
                throw Refusals.invalidArgument(
                        "terms", "is " + request.getTermsValue() + "; use SPACE_KIND_LEARNED or SPACE_KIND_HYBRID");
        }
    }
}
