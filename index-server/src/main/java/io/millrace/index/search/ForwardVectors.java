package io.millrace.index.search;

import io.millrace.vector.SparseVector;

/** Vectors of stored document versions, as they were written. */
@FunctionalInterface
public interface ForwardVectors {
    /** Vector of a live version; throws if there is none, since a view never names one that is gone. */
    SparseVector vector(long ordinal);
}
