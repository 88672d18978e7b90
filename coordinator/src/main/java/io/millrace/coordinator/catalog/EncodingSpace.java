package io.millrace.coordinator.catalog;

import io.millrace.v1.Collection;
import io.millrace.v1.HybridSettings;
import java.util.Optional;

/**
 * The space that texts are encoded in, and the model whose workers can do it.
 *
 * @param id space id of the vectors
 * @param model space id of the model; the same unless the space is hybrid
 * @param hybrid how lexical terms are made, in a hybrid space
 */
public record EncodingSpace(String id, String model, Optional<HybridSettings> hybrid) {
    /** A model's own. */
    public static EncodingSpace ofModel(String space) {
        return new EncodingSpace(space, space, Optional.empty());
    }

    /** That of a collection's generation. */
    public static EncodingSpace of(Collection collection) {
        return collection.hasHybrid()
                ? new EncodingSpace(
                        collection.getSpaceId(), collection.getModelSpaceId(), Optional.of(collection.getHybrid()))
                : ofModel(collection.getSpaceId());
    }
}
