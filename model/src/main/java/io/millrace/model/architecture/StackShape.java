package io.millrace.model.architecture;

/**
 * What all layers of a stack have in common. H is the hidden width, D the width of an attention head.
 *
 * @param hidden width of the states between layers, H
 * @param heads attention heads, A
 * @param keyHeads heads of keys and values, K; divides A, and is smaller than it in grouped-query attention
 * @param headWidth D
 * @param attentionScale factor of the attention's products: 1/√D, or 1 in T5
 * @param causal whether a state sees only what stands before it and itself
 * @param norm kind and place of the norms
 * @param feedForward kind of the feed-forward blocks
 */
public record StackShape(
        int hidden,
        int heads,
        int keyHeads,
        int headWidth,
        double attentionScale,
        boolean causal,
        Norms norm,
        FeedForward feedForward) {

    /**
     * Norms of a stack.
     *
     * @param rootMeanSquare RMSNorm (Zhang and Sennrich 2019) in place of layer norm
     * @param before whether a block's input is normed, rather than its sum with the block's output
     * @param epsilon added to variances
     */
    public record Norms(boolean rootMeanSquare, boolean before, double epsilon) {}

    /**
     * Feed-forward blocks.
     *
     * @param activation after the first layer
     * @param gated whether the first layer has two halves, of which the activated first scales the second
     */
    public record FeedForward(Activation activation, boolean gated) {}

    /** The same without or with the causal mask. */
    public StackShape withCausal(boolean other) {
        return new StackShape(hidden, heads, keyHeads, headWidth, attentionScale, other, norm, feedForward);
    }
}
