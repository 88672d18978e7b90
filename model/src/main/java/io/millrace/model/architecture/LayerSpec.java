package io.millrace.model.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One transformer layer.
 *
 * @param attentionNorm of the self-attention; empty for none
 * @param attention over the layer's own sequence
 * @param cross attention over an encoder's states; empty for none
 * @param feedForwardNorm of the feed-forward block
 * @param expand feed-forward in: [F, H], or gate and value stacked, [2F, H]
 * @param contract feed-forward out [H, F]
 * @param local whether the self-attention is of the stack's local kind, see {@link PositionScheme.Rotary}
 */
public record LayerSpec(
        Optional<NormSpec> attentionNorm,
        Attention attention,
        Optional<CrossAttention> cross,
        NormSpec feedForwardNorm,
        LinearSpec expand,
        LinearSpec contract,
        boolean local) {

    /** All linear layers. */
    public List<LinearSpec> linears() {
        List<LinearSpec> linears = new ArrayList<>(List.of(attention.input, attention.output, expand, contract));
        cross.ifPresent(block -> linears.addAll(List.of(block.query, block.keyValue, block.output)));
        return linears;
    }

    /**
     * Self-attention.
     *
     * @param input queries, keys and values stacked, [(A + 2K) D, H]
     * @param queryNorm of each head's queries [D]; empty for none
     * @param keyNorm of each head's keys [D]; empty for none
     * @param output [H, A D]
     */
    public record Attention(
            LinearSpec input, Optional<NormSpec> queryNorm, Optional<NormSpec> keyNorm, LinearSpec output) {
        /** Without norms of queries and keys. */
        public static Attention of(LinearSpec input, LinearSpec output) {
            return new Attention(input, Optional.empty(), Optional.empty(), output);
        }
    }

    /**
     * Attention of a decoder over its encoder's states.
     *
     * @param norm of the block
     * @param query [A D, H]
     * @param keyValue keys and values stacked, [2 A D, H]
     * @param output [H, A D]
     */
    public record CrossAttention(NormSpec norm, LinearSpec query, LinearSpec keyValue, LinearSpec output) {}
}
