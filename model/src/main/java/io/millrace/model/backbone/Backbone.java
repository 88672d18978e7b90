package io.millrace.model.backbone;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.batch.ModelInput;

/** Turns token ids into one hidden state a cell. Safe for many threads. */
public sealed interface Backbone extends AutoCloseable permits ArrayBackbone, KernelBackbone {
    /**
     * Hidden states of a batch. Those of cells that do not count mean nothing; no other depends on padding.
     *
     * @param scope what the result is freed with
     * @return [B, T, H] of {@code input.reader()}, fp32
     */
    PtNDArray hiddenStates(ModelInput input, PtNDManager scope);

    /** Frees what the backbone holds. Idempotent. */
    @Override
    void close();
}
