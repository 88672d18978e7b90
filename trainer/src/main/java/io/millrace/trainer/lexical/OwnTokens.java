package io.millrace.trainer.lexical;

import java.util.Arrays;

/**
 * The distinct tokens of a text.
 *
 * @param tokens ascending
 * @param counts how often each occurs
 * @param length tokens of the text, special ones included
 */
public record OwnTokens(int[] tokens, int[] counts, int length) {
    /** Counts the tokens of a text. */
    public static OwnTokens of(int[] text) {
        int[] sorted = text.clone();
        Arrays.sort(sorted);
        int[] tokens = new int[sorted.length];
        int[] counts = new int[sorted.length];
        int size = 0;
        for (int token : sorted) {
            if (size == 0 || tokens[size - 1] != token) {
                tokens[size++] = token;
            }
            counts[size - 1]++;
        }
        return new OwnTokens(Arrays.copyOf(tokens, size), Arrays.copyOf(counts, size), text.length);
    }
}
