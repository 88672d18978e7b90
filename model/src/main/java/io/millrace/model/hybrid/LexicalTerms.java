package io.millrace.model.hybrid;

import io.millrace.model.lexical.TextAnalysis;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The lexical terms of one text.
 *
 * @param length terms read, repeated ones as often as they occur
 * @param ids of different terms, unsigned and ascending
 * @param counts how often each occurs
 */
record LexicalTerms(int length, int[] ids, int[] counts) {
    private static final TextAnalysis ANALYSIS = TextAnalysis.ENGLISH;

    /** Name and version of the analysis, which decide the terms. */
    static final String ANALYZER = ANALYSIS.label() + "/lucene-" + TextAnalysis.LUCENE;

    /** Most terms read of a text: half of what a vector may hold, so that there is room for the model's. */
    static final int MAX_TERMS = 32_768;

    /** The terms of a text as the analyzer spells them, in order; none if the text is not mostly Latin. */
    static List<String> of(String text) {
        if (!LatinScript.isMostOf(text)) {
            return List.of();
        }
        List<String> terms = ANALYSIS.terms(text);
        return terms.size() <= MAX_TERMS ? terms : terms.subList(0, MAX_TERMS);
    }

    /**
     * Terms counted by id.
     *
     * @param ids the rule that gives ids
     * @param most different ids at most; what comes after them in the text is not read
     */
    static LexicalTerms counted(List<String> terms, LexicalIds ids, int most) {
        Map<Integer, Integer> counts = new HashMap<>();
        int length = 0;
        for (String term : terms) {
            int id = ids.of(term);
            if (counts.size() == most && !counts.containsKey(id)) {
                break;
            }
            counts.merge(id, 1, Integer::sum);
            length++;
        }
        // Flipping the sign bit makes the signed order the unsigned one.
        int[] sorted = counts.keySet().stream()
                .mapToInt(id -> id ^ Integer.MIN_VALUE)
                .sorted()
                .map(id -> id ^ Integer.MIN_VALUE)
                .toArray();
        return new LexicalTerms(
                length,
                sorted,
                Arrays.stream(sorted).map(id -> counts.getOrDefault(id, 0)).toArray());
    }
}
