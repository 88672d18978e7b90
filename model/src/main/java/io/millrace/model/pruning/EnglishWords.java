package io.millrace.model.pruning;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Splits English text into lower-case words after the conventions of the Penn Treebank, as NLTK does: punctuation and
 * clitics ({@code n't}, {@code 's}) are words of their own, while a comma or colon before a digit, and a hyphen, a slash or a
 * period inside a word, belong to it. Sentences are not told apart: a period ends a word that has no other period and more
 * than one letter. Quotes stay as they are written.
 */
public final class EnglishWords {
    private static final String STOP_WORDS = "english-stop-words.txt";

    private record Rule(Pattern pattern, String replacement) {
        static Rule of(String pattern, String replacement) {
            return new Rule(Pattern.compile(pattern), replacement);
        }

        String apply(String text) {
            return pattern.matcher(text).replaceAll(replacement);
        }
    }

    /** In this order: a later rule counts on the spaces of the ones before it. The text is in lower case. */
    private static final List<Rule> RULES = List.of(
            Rule.of("[«“‘„`]+", " $0 "),
            Rule.of("(')(?!re|ve|ll|m|t|s|d|n)(\\w)\\b", "$1 $2"),
            Rule.of("(?<=[^.\\s][^.\\s])\\.(?=[\\])}>\"'»”’]*(\\s|$))(?<!\\.\\S{1,9})", " ."),
            Rule.of("([:,])(\\D)", " $1 $2"),
            Rule.of("([:,])$", " $1 "),
            Rule.of("\\.{2,}", " $0 "),
            Rule.of("[;@#$%&?!*]", " $0 "),
            Rule.of("([^'])' ", "$1 ' "),
            Rule.of("[\\]\\[(){}<>]", " $0 "),
            Rule.of("--|[–—]", " $0 "),
            Rule.of("[»”’\"]|''", " $0 "),
            Rule.of("([^' ])('s|'m|'d|') ", "$1 $2 "),
            Rule.of("([^' ])('ll|'re|'ve|n't) ", "$1 $2 "),
            Rule.of("\\b(can)(not)\\b", " $1 $2 "),
            Rule.of("\\b(gim|lem)(me)\\b", " $1 $2 "),
            Rule.of("\\b(gon|wan)(na)\\b", " $1 $2 "),
            Rule.of("\\b(got)(ta)\\b", " $1 $2 "),
            Rule.of(" ('t)(is|was)\\b", " $1 $2 "));

    private static final Set<String> STOPPED = stopWords();

    private EnglishWords() {}

    private static Set<String> stopWords() {
        try (InputStream words = EnglishWords.class.getResourceAsStream(STOP_WORDS)) {
            if (words == null) {
                throw new IllegalStateException(STOP_WORDS + " is missing from the program's archive");
            }
            return Set.of(new String(words.readAllBytes(), StandardCharsets.UTF_8).split("\\s+"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The words of a text in lower case, in order, repetitions and stop words included. */
    static List<String> of(String text) {
        String spaced = " " + text.toLowerCase(Locale.ROOT) + " ";
        for (Rule rule : RULES) {
            spaced = rule.apply(spaced);
        }
        List<String> words = new ArrayList<>();
        for (String word : spaced.split("\\s+", -1)) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return words;
    }

    /** The words of a text that say something of their own. */
    public static List<String> withoutStopWords(String text) {
        return of(text).stream().filter(word -> !STOPPED.contains(word)).toList();
    }
}
