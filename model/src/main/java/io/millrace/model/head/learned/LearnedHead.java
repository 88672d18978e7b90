package io.millrace.model.head.learned;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.batch.TokenBatch;
import java.util.List;

/** Turns hidden states into sparse vectors, and the vectors' gradients into those of states and weights. */
public sealed interface LearnedHead permits LearnedMlmHead, LearnedTokenHead {
    /**
     * Pools a batch's states. To be called where gradients are recorded if {@link Pooled#backward} will be.
     *
     * @param hidden [N, H]
     * @param batch the cells that were read, texts by falling length
     * @param weights as they are now, until the last call of the result
     * @param scope what the result is freed with
     */
    Pooled pool(PtNDArray hidden, TokenBatch batch, HeadWeights weights, PtNDManager scope);

    /** A batch's vectors, and the way back from them. */
    interface Pooled {
        /**
         * The vectors, in the order of the batch.
         *
         * @throws io.millrace.vector.InvalidVectorException if a weight came out NaN or infinite
         */
        List<LearnedRow> vectors();

        /**
         * Adds the gradients of all weights, those of the backbone included. Once.
         *
         * @param gradients of the loss by each stored weight of each vector
         */
        void backward(List<float[]> gradients);
    }
}
