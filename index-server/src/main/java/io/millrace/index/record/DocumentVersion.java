package io.millrace.index.record;

import io.millrace.vector.SparseVector;

/**
 * One stored version of a document, ready to be indexed.
 *
 * @param ordinal its number; ascends with the order of writes
 * @param id document id
 * @param vector its vector
 */
public record DocumentVersion(long ordinal, DocumentId id, SparseVector vector) {}
