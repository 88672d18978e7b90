package io.millrace.model;

import io.millrace.vector.SparseVector;
import java.util.List;

/** Token ids to vectors, before anything is joined or pruned. Safe for many threads. */
interface PieceEncoder {
    /**
     * Vectors of pieces, in order.
     *
     * @throws IllegalArgumentException if a piece was not tokenised by the same encoder
     */
    List<SparseVector> encode(List<int[]> pieces);
}
