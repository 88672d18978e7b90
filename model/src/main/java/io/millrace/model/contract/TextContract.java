package io.millrace.model.contract;

/**
 * How a text becomes tokens.
 *
 * @param prefix put before the text as it is, its own trailing space included; empty for none
 * @param suffix put after the text as it is; empty for none
 * @param template whether the tokenizer's own opening and closing tokens, such as {@code [CLS]}, are added
 * @param maxTokens longest piece read at once, in tokens with special tokens
 * @param maxChunks most pieces read of a longer text, whose vectors are joined by the larger weight of each term; 1 = the
 *     text is cut
 * @param overlapTokens tokens that a piece shares with the one before it
 */
public record TextContract(
        String prefix, String suffix, boolean template, int maxTokens, int maxChunks, int overlapTokens) {
    /** Refuses lengths and counts below 1, and an overlap of a whole piece. */
    public TextContract {
        if (maxTokens < 1) {
            throw new IllegalArgumentException("max_tokens is " + maxTokens + ", but must be at least 1");
        }
        if (maxChunks < 1) {
            throw new IllegalArgumentException("max_chunks is " + maxChunks + ", but must be at least 1 (1 = cut)");
        }
        if (overlapTokens < 0 || overlapTokens >= maxTokens) {
            throw new IllegalArgumentException("overlap_tokens is " + overlapTokens
                    + ", but must be at least 0 and below " + "max_tokens, which is " + maxTokens);
        }
    }

    /** The plain text with the tokenizer's template, cut. */
    public static TextContract cutAt(int maxTokens) {
        return new TextContract("", "", true, maxTokens, 1, 0);
    }

    /** The same with another length. */
    public TextContract withMaxTokens(int tokens) {
        return new TextContract(prefix, suffix, template, tokens, maxChunks, Math.min(overlapTokens, tokens - 1));
    }
}
