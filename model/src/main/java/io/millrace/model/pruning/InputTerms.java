package io.millrace.model.pruning;

import io.millrace.model.tokenizer.TextTokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The terms that a text itself has, to which {@code input_terms_only} restricts its vector: zero-shot encoding as the
 * published code of Decoder4LSR does it. Safe for many threads.
 *
 * <p>The text, without prefix and suffix, is put into lower case and split into words ({@link EnglishWords}); the stop words
 * of NLTK's English list are left out, which include neither numbers nor punctuation; what is left is joined by single
 * spaces and tokenised without the template, so that a word's tokens are those of its lower-case spelling behind a space,
 * whatever case and place it has in the text. Control tokens never count, and how often a token occurs does not matter. The
 * whole text counts, also what is too long to be read.
 *
 * <p>Two things differ from the published code. It decides "no weight" after weights were multiplied by 100 and cut to whole
 * numbers, which this does not. Where a tokenizer's template closes texts with a token, it loses the text's first token to a
 * miscount; here that token counts.
 */
public final class InputTerms {
    /** Stands in for the prefix, behind which words have the spelling of words inside a text. */
    private static final String ANCHOR = ".";

    private final TextTokenizer tokenizer;
    private final Set<Integer> controlTokens;
    private final int anchorTokens;

    /**
     * For texts of one role.
     *
     * @param controlTokens ids that never count
     * @param prefixed whether a prefix stands before the text
     */
    public InputTerms(TextTokenizer tokenizer, Set<Integer> controlTokens, boolean prefixed) {
        this.tokenizer = tokenizer;
        this.controlTokens = Set.copyOf(controlTokens);
        this.anchorTokens = prefixed ? tokenizer.ids(ANCHOR).length : 0;
    }

    /** Term ids, ascending, each once; none if the text has only stop words. */
    public int[] of(String text) {
        List<String> words = EnglishWords.withoutStopWords(text);
        if (words.isEmpty()) {
            return new int[0];
        }
        String joined = String.join(" ", words);
        int[] ids = tokenizer.ids(anchorTokens == 0 ? joined : ANCHOR + " " + joined);
        return Arrays.stream(ids, anchorTokens, ids.length)
                .filter(id -> !controlTokens.contains(id))
                .sorted()
                .distinct()
                .toArray();
    }
}
