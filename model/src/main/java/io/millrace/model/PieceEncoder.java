package io.millrace.model;

import io.millrace.model.head.screening.ScreeningReport;
import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.Optional;

/** Token ids to vectors, before anything is joined or pruned. Safe for many threads. */
interface PieceEncoder {
    /**
     * Vectors of pieces, in order.
     *
     * @throws IllegalArgumentException if a piece was not tokenised by the same encoder
     */
    List<SparseVector> encode(List<int[]> pieces);

    /** What screening of terms has done so far; empty where terms are never screened. */
    default Optional<ScreeningReport> screening() {
        return Optional.empty();
    }
}
