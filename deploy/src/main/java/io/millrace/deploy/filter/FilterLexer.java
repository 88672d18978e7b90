package io.millrace.deploy.filter;

import io.millrace.deploy.filter.FilterToken.Kind;
import java.util.ArrayList;
import java.util.List;

/** Cuts a filter into pieces. For one filter. */
final class FilterLexer {
    private static final String SYMBOLS = "=<>!(),";

    private final String source;
    private int at;

    private FilterLexer(String source) {
        this.source = source;
    }

    /** Its pieces, the last of which is the end. */
    static List<FilterToken> tokens(String source) {
        FilterLexer lexer = new FilterLexer(source);
        List<FilterToken> tokens = new ArrayList<>();
        do {
            tokens.add(lexer.next());
        } while (tokens.getLast().kind() != Kind.END);
        return tokens;
    }

    private FilterToken next() {
        while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
            at++;
        }
        if (at == source.length()) {
            return new FilterToken(Kind.END, "", column(at));
        }
        int start = at;
        char first = source.charAt(at);
        if (first == '"' || first == '\'') {
            return quoted(first);
        }
        if (SYMBOLS.indexOf(first) >= 0) {
            at++;
            if ("<>!".indexOf(first) >= 0 && at < source.length() && source.charAt(at) == '=') {
                at++;
            }
            String symbol = source.substring(start, at);
            if (symbol.equals("!")) {
                throw new FilterSyntaxException(column(start), "'!' is no operator; write != or not");
            }
            return new FilterToken(Kind.SYMBOL, symbol, column(start));
        }
        while (at < source.length() && isWordPart(source.charAt(at))) {
            at++;
        }
        if (at == start) {
            String character = Character.toString(source.codePointAt(at));
            throw new FilterSyntaxException(
                    column(start),
                    "'" + character + "' has no meaning here; put names and texts that hold it in quotes");
        }
        String word = source.substring(start, at);
        return isNumberStart(first) ? number(word, start) : new FilterToken(Kind.WORD, word, column(start));
    }

    private FilterToken quoted(char quote) {
        int start = at++;
        StringBuilder text = new StringBuilder();
        while (at < source.length() && source.charAt(at) != quote) {
            char character = source.charAt(at++);
            if (character == '\\') {
                if (at == source.length() || "\\\"'".indexOf(source.charAt(at)) < 0) {
                    throw new FilterSyntaxException(
                            column(at - 1),
                            "a backslash comes before a quote or another backslash; write \\\\ for one");
                }
                character = source.charAt(at++);
            }
            text.append(character);
        }
        if (at == source.length()) {
            throw new FilterSyntaxException(
                    column(start), "the text that begins here has no end; close it with " + quote);
        }
        at++;
        return new FilterToken(Kind.TEXT, text.toString(), column(start));
    }

    private FilterToken number(String word, int start) {
        if (!word.matches("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?")
                || Double.isInfinite(Double.parseDouble(word))) {
            throw new FilterSyntaxException(
                    column(start),
                    "'" + word
                            + "' is not a number such as 2020, -1.5 or 6e23; put texts, and names that begin like one, in"
                            + " quotes");
        }
        return new FilterToken(Kind.NUMBER, word, column(start));
    }

    private static boolean isNumberStart(char character) {
        return (character >= '0' && character <= '9') || character == '.' || character == '-' || character == '+';
    }

    private static boolean isWordPart(char character) {
        return Character.isLetterOrDigit(character)
                || Character.isSurrogate(character)
                || "_-.:/+".indexOf(character) >= 0;
    }

    private int column(int index) {
        return source.codePointCount(0, index) + 1;
    }
}
