package io.millrace.index.service;

import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.Shard;
import io.millrace.service.Refusals;
import io.millrace.v1.ShardGetRequest;
import io.millrace.v1.ShardGetResponse;
import io.millrace.v1.SparseVector;
import io.millrace.v1.Stamp;

/** GetDocument: one stored document, as of the latest state. */
final class GetDocumentHandler {
    private final ShardRegistry shards;

    GetDocumentHandler(ShardRegistry shards) {
        this.shards = shards;
    }

    ShardGetResponse get(ShardGetRequest request) {
        Shard shard = ShardRefs.require(shards, request.getShard()).shard();
        DocumentId id = id(request);
        try (SearchState state = SearchHandler.state(shard)) {
            DocumentEntry entry = state.documents()
                    .entry(id)
                    .filter(DocumentEntry::isLive)
                    .orElseThrow(() -> Refusals.notFound("document '" + id + "' is not in shard "
                            + shard.descriptor().identity() + "; it was never written, or was deleted"));
            ShardGetResponse.Builder response = ShardGetResponse.newBuilder()
                    .setSource(SearchPlan.source(state, entry.ordinal()))
                    .setStamp(Stamp.newBuilder()
                            .setTime(entry.stamp().time())
                            .setCoordinator(entry.stamp().coordinator()));
            if (request.getIncludeVector()) {
                response.setVector(vector(state, entry.ordinal()));
            }
            return response.build();
        }
    }

    private static DocumentId id(ShardGetRequest request) {
        try {
            return DocumentId.of(request.getId());
        } catch (IllegalArgumentException e) {
            throw Refusals.invalidArgument("id", String.valueOf(e.getMessage()));
        }
    }

    private static SparseVector vector(SearchState state, long ordinal) {
        io.millrace.vector.SparseVector stored = state.documents().vector(ordinal);
        SparseVector.Builder vector = SparseVector.newBuilder();
        for (int i = 0; i < stored.size(); i++) {
            vector.addIds(stored.ids()[i]).addWeights(stored.weights()[i]);
        }
        return vector.build();
    }
}
