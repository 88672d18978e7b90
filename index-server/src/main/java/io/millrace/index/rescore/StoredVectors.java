package io.millrace.index.rescore;

import io.millrace.vector.SparseVector;
import java.util.List;

/** Vectors of stored document versions, as they were written, many at a time. */
@FunctionalInterface
public interface StoredVectors {
    /**
     * Vectors of live versions, in order.
     *
     * @throws io.millrace.index.record.StoreException if one is not there or is damaged
     */
    List<SparseVector> vectors(long[] ordinals);
}
