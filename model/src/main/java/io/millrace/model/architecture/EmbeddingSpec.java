package io.millrace.model.architecture;

import java.util.Optional;

/**
 * What the first layer reads: word embeddings, to which rows of a position table may be added, then a norm, then a
 * projection to the width of the layers.
 *
 * @param words [V, W]
 * @param positions empty where positions come in elsewhere
 * @param norm of the sum
 * @param project from W to H
 */
public record EmbeddingSpec(
        TensorSpec words, Optional<PositionTable> positions, Optional<NormSpec> norm, Optional<LinearSpec> project) {

    /**
     * Learned or fixed position embeddings.
     *
     * @param table [P, H]
     * @param first row of a text's first token: 0, or 2 in OPT and RoBERTa
     * @param types segment embeddings [S, H], of which the first row is added to every position; empty for none
     */
    public record PositionTable(TensorSpec table, int first, Optional<TensorSpec> types) {}

    /** Word embeddings and nothing else. */
    public static EmbeddingSpec words(String name, long vocabulary, long hidden) {
        return new EmbeddingSpec(
                TensorSpec.of(name, vocabulary, hidden), Optional.empty(), Optional.empty(), Optional.empty());
    }
}
