package io.millrace.model;

import java.util.List;

/**
 * A text as the backbone reads it: in one piece, or, where the contract allows it and the text is longer than one piece, in
 * several. Nobody changes the arrays.
 *
 * @param pieces token ids of each piece [T], special tokens, prefix and suffix included, each within the model's length;
 *     never padded; at least one
 * @param truncatedTokens tokens of the text that are in no piece; 0 = the whole text was read
 * @param inputTerms terms of the text itself, ascending, each once; empty unless the role's pruning asks for them
 */
public record TokenizedText(List<int[]> pieces, int truncatedTokens, int[] inputTerms) {
    /** Copies the list; refuses a text without a piece. */
    public TokenizedText {
        pieces = List.copyOf(pieces);
        if (pieces.isEmpty()) {
            throw new IllegalArgumentException("a text has at least one piece, which may be empty");
        }
    }

    /** A text in one piece. */
    public TokenizedText(int[] ids, int truncatedTokens) {
        this(List.of(ids), truncatedTokens, new int[0]);
    }

    /** Tokens read, over all pieces; what pieces share is read more than once, and counts so. */
    public int tokens() {
        return pieces.stream().mapToInt(piece -> piece.length).sum();
    }

    /** The same with the terms of the text itself. */
    public TokenizedText withInputTerms(int[] terms) {
        return new TokenizedText(pieces, truncatedTokens, terms);
    }
}
