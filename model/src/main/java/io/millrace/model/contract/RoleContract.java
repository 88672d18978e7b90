package io.millrace.model.contract;

/**
 * How texts of one role, queries or documents, become vectors.
 *
 * @param text to tokens
 * @param reading tokens to hidden states
 * @param head hidden states to weights
 * @param pruning of the weights
 */
public record RoleContract(TextContract text, ReadingContract reading, HeadContract head, PruningContract pruning) {
    /** The same with another length, in tokens. */
    public RoleContract withMaxTokens(int tokens) {
        return new RoleContract(text.withMaxTokens(tokens), reading, head, pruning);
    }

    /** Longest piece read at once, in tokens with special tokens. */
    public int maxTokens() {
        return text.maxTokens();
    }
}
