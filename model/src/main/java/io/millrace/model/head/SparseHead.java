package io.millrace.model.head;

import ai.djl.pytorch.engine.PtNDArray;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.head.screening.ScreeningReport;
import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.Optional;

/** Turns hidden states into one sparse vector a text. Safe for many threads. */
public sealed interface SparseHead extends AutoCloseable
        permits EpicHead, MlmArrayHead, MlmKernelHead, MlmScreenedHead, MlpHead {
    /**
     * Vectors of a batch, in its order.
     *
     * @param hidden [N, H] of the backbone; freed by the caller
     * @param batch the cells that the backbone's reader read
     * @throws io.millrace.vector.InvalidVectorException if a weight came out NaN or infinite
     */
    List<SparseVector> vectors(PtNDArray hidden, TokenBatch batch);

    /** What screening has done so far; empty for a head that never screens. */
    default Optional<ScreeningReport> screening() {
        return Optional.empty();
    }

    /** Frees what the head holds. Idempotent. */
    @Override
    void close();
}
