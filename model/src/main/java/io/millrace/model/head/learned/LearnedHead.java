package io.millrace.model.head.learned;

import ai.djl.pytorch.engine.PtNDManager;
import java.util.List;

/** Turns hidden states into sparse vectors, and the vectors' gradients into those of states and weights. */
public sealed interface LearnedHead permits LearnedEpicHead, LearnedMlmHead, LearnedTokenHead {
    /**
     * Pools a batch's states. To be called where gradients are recorded if {@link Pooled#backward} will be.
     *
     * @param input the states
     * @param weights as they are now, until the last call of the result
     * @param scope what the result is freed with
     */
    Pooled pool(HeadInput input, HeadWeights weights, PtNDManager scope);

    /**
     * Weights of some terms alone, 0 where a text lacks them.
     *
     * @param terms of each text of the batch
     * @throws UnsupportedOperationException if the head cannot
     */
    default List<float[]> weights(HeadInput input, HeadWeights weights, PtNDManager scope, List<int[]> terms) {
        throw new UnsupportedOperationException(
                "only heads that take the maximum of a language model's logits give weights of some terms alone");
    }

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

        /**
         * The same, with gradients of terms that the vectors lack, which rise through the rectifier as if it were not flat
         * below 0 (straight-through estimation, Bengio et al. 2013, arXiv 1308.3432): how a term comes back that has no
         * gradient otherwise.
         *
         * @param missing of each vector
         * @throws UnsupportedOperationException if the head cannot, and some are missing
         */
        default void backward(List<float[]> gradients, List<MissingTerms> missing) {
            if (missing.stream().anyMatch(any -> any.terms().length > 0)) {
                throw new UnsupportedOperationException(
                        "only heads that take the maximum of a language model's logits have gradients of terms that a"
                                + " vector lacks");
            }
            backward(gradients);
        }
    }
}
