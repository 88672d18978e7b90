package io.millrace.deploy.filter;

import java.util.Locale;

/**
 * A piece of a filter.
 *
 * @param kind what it is
 * @param text its characters; of quoted text what it stands for
 * @param column its first character, from 1
 */
record FilterToken(Kind kind, String text, int column) {
    enum Kind {
        /** A name or a keyword, without quotes. */
        WORD,
        /** In quotes. */
        TEXT,
        /** A decimal number. */
        NUMBER,
        /** An operator, parenthesis or comma. */
        SYMBOL,
        /** After the last one. */
        END
    }

    /** Whether it is this keyword, in whatever case. */
    boolean isWord(String word) {
        return kind == Kind.WORD && text.toLowerCase(Locale.ROOT).equals(word);
    }

    boolean isSymbol(String symbol) {
        return kind == Kind.SYMBOL && text.equals(symbol);
    }

    /** As errors show it. */
    String shown() {
        return switch (kind) {
            case END -> "the end";
            case TEXT -> '"' + text + '"';
            case WORD, NUMBER, SYMBOL -> "'" + text + "'";
        };
    }
}
