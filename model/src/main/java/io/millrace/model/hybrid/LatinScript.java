package io.millrace.model.hybrid;

import java.lang.Character.UnicodeScript;

/**
 * Whether the English analyzer makes sense of a text: whether at least half of its letters are Latin. Digits, marks and
 * punctuation belong to every script and do not count, so a text without letters is taken. All languages in Latin script
 * are taken: German words are cut and lowered as English ones, and stemmed by English rules, on both sides alike.
 */
final class LatinScript {
    private LatinScript() {}

    static boolean isMostOf(String text) {
        long latin = 0;
        long others = 0;
        for (int i = 0; i < text.length(); ) {
            int character = text.codePointAt(i);
            i += Character.charCount(character);
            if (Character.isLetter(character)) {
                if (UnicodeScript.of(character) == UnicodeScript.LATIN) {
                    latin++;
                } else {
                    others++;
                }
            }
        }
        return latin >= others;
    }
}
