package io.millrace.model.backbone;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.batch.PaddedBatch;

/** Turns token ids into one hidden state a token. Safe for many threads. */
public sealed interface Backbone extends AutoCloseable permits BertArrayBackbone, BertKernelBackbone {
    /**
     * Hidden states of a batch. Those of padded cells mean nothing; no other depends on them.
     *
     * @param scope what the result is freed with
     * @return [B, T, H], fp32
     */
    PtNDArray hiddenStates(PaddedBatch batch, PtNDManager scope);

    /** Frees what the backbone holds. Idempotent. */
    @Override
    void close();
}
