package io.millrace.model.backbone;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.batch.ModelInput;

/** Turns token ids into one hidden state a cell. Safe for many threads. */
public sealed interface Backbone extends AutoCloseable permits ArrayBackbone, KernelBackbone {
    /**
     * Hidden states of a batch, cell by cell.
     *
     * @param scope what the result is freed with
     * @return [N, H] of the N cells of {@code input.reader()}, fp32
     */
    PtNDArray hiddenStates(ModelInput input, PtNDManager scope);

    /** Frees what the backbone holds. Idempotent. */
    @Override
    void close();
}
