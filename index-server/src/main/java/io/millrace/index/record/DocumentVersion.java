package io.millrace.index.record;

import io.millrace.vector.SparseVector;
import java.util.Map;

/**
 * One stored version of a document, ready to be indexed.
 *
 * @param ordinal its number; ascends with the order of writes
 * @param id document id
 * @param vector its vector
 * @param metadata its fields, which filters look at
 */
public record DocumentVersion(long ordinal, DocumentId id, SparseVector vector, Map<String, String> metadata) {
    /** A version without metadata. */
    public DocumentVersion(long ordinal, DocumentId id, SparseVector vector) {
        this(ordinal, id, vector, Map.of());
    }
}
