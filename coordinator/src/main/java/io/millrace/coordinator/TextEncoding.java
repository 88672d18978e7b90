package io.millrace.coordinator;

import io.millrace.coordinator.catalog.CollectionCatalog;
import io.millrace.coordinator.catalog.EncodingSpace;
import io.millrace.coordinator.encode.WorkerPool;
import io.millrace.service.Refusals;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeRequest;
import io.millrace.v1.EncodeResponse;
import io.millrace.v1.EncodedBatch;
import io.millrace.v1.EncodedText;
import io.millrace.v1.TextRole;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Encodes texts for a caller, without storing anything. */
record TextEncoding(WorkerPool workers, CollectionCatalog catalog, CoordinatorConfig config) {
    private static final int MAX_TEXTS = 256;

    EncodeResponse encode(EncodeRequest request) throws InterruptedException {
        check(request);
        EncodedBatch batch = workers.encode(
                EncodeBatch.newBuilder()
                        .setRole(request.getRole())
                        .addAllTexts(request.getTextsList())
                        .setIncludeTerms(request.getIncludeTerms())
                        .build(),
                space(request),
                config.retryLimit());
        List<SparseVector> vectors = VectorBlockCodec.decode(
                batch.getVectors().getPayload().toByteArray(),
                request.getTextsCount(),
                batch.getVectors().getCrc32C());
        EncodeResponse.Builder response = EncodeResponse.newBuilder().setSpaceId(batch.getSpaceId());
        int term = 0;
        for (int i = 0; i < vectors.size(); i++) {
            EncodedText.Builder text = response.addVectorsBuilder()
                    .setTokens(batch.getTokens(i))
                    .setTruncatedTokens(batch.getTruncatedTokens(i));
            SparseVector vector = vectors.get(i);
            for (int j = 0; j < vector.size(); j++) {
                text.getVectorBuilder().addIds(vector.ids()[j]).addWeights(vector.weights()[j]);
                if (request.getIncludeTerms()) {
                    text.addTerms(batch.getTerms(term++));
                }
            }
        }
        return response.build();
    }

    private EncodingSpace space(EncodeRequest request) throws InterruptedException {
        if (request.getCollection().isEmpty()) {
            return EncodingSpace.ofModel(request.getSpaceId().isEmpty() ? workers.space() : request.getSpaceId());
        }
        EncodingSpace space = EncodingSpace.of(catalog.require(request.getCollection()));
        if (!request.getSpaceId().isEmpty() && !request.getSpaceId().equals(space.id())) {
            throw Refusals.failedPrecondition("collection '" + request.getCollection() + "' is in space " + space.id()
                    + " but the texts are for space " + request.getSpaceId() + "; leave space_id out");
        }
        return space;
    }

    private void check(EncodeRequest request) {
        if (request.getTextsCount() < 1 || request.getTextsCount() > MAX_TEXTS) {
            throw Refusals.invalidArgument(
                    "texts", "has " + request.getTextsCount() + " entries; send 1 to " + MAX_TEXTS);
        }
        if (request.getRole() != TextRole.TEXT_ROLE_QUERY && request.getRole() != TextRole.TEXT_ROLE_DOCUMENT) {
            throw Refusals.invalidArgument("role", "is " + request.getRoleValue() + "; say query or document");
        }
        for (int i = 0; i < request.getTextsCount(); i++) {
            int bytes = request.getTexts(i).getBytes(StandardCharsets.UTF_8).length;
            if (bytes > config.maxTextBytes()) {
                throw Refusals.invalidArgument(
                        "texts[" + i + "]", "has " + bytes + " bytes; the limit is " + config.maxTextBytes());
            }
        }
    }
}
