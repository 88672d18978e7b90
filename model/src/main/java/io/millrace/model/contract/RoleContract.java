package io.millrace.model.contract;

/**
 * How texts of one role are read and cut.
 *
 * @param prefix put before the text as it is, its own trailing space included; empty for none
 * @param maxTokens longest text, in tokens with special tokens
 * @param topTerms most terms a vector keeps, those of the largest weight, the smaller id first on ties; 0 = all
 */
public record RoleContract(String prefix, int maxTokens, int topTerms) {
    /** Refuses lengths below 1 and negative term limits. */
    public RoleContract {
        if (maxTokens < 1) {
            throw new IllegalArgumentException("max_tokens is " + maxTokens + ", but must be at least 1");
        }
        if (topTerms < 0) {
            throw new IllegalArgumentException("top_terms is " + topTerms + ", but must be at least 0 (0 = all)");
        }
    }

    /** The same with another length. */
    public RoleContract withMaxTokens(int tokens) {
        return new RoleContract(prefix, tokens, topTerms);
    }
}
