package io.millrace.deploy.filter;

import io.millrace.deploy.filter.FilterToken.Kind;
import io.millrace.v1.FieldEquals;
import io.millrace.v1.FieldExists;
import io.millrace.v1.FieldIn;
import io.millrace.v1.FieldRange;
import io.millrace.v1.Filter;
import io.millrace.v1.FilterList;
import io.millrace.v1.NumberRange;
import io.millrace.v1.TextRange;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads filters such as {@code lang = "en" and (year >= 2020 or not exists(draft))}, by recursive descent:
 *
 * <pre>
 * any        = all { "or" all }
 * all        = one { "and" one }
 * one        = "not" one | "(" any ")" | "exists" "(" field ")" | comparison
 * comparison = field ( "=" | "!=" | "&lt;" | "&lt;=" | ">" | ">=" ) value
 *            | field [ "not" ] "in" "(" value { "," value } ")"
 *            | field [ "not" ] "between" value "and" value
 * </pre>
 *
 * A field is a word, or anything in quotes. A value without quotes is a number and compared as one, so that {@code year = 1}
 * also finds "1.0"; in quotes it is a text and compared by its bytes. {@code !=} and {@code not} also find documents without the
 * field. Keywords are read in any case. For one filter.
 */
public final class FilterParser {
    // Far beyond what people write, and within what servers can parse.
    private static final int MAX_NESTING = 16;

    private final List<FilterToken> tokens;
    private int at;
    private int nesting;

    private FilterParser(List<FilterToken> tokens) {
        this.tokens = tokens;
    }

    /**
     * The filter that a text says.
     *
     * @throws FilterSyntaxException if it says none
     */
    public static Filter parse(String text) {
        FilterParser parser = new FilterParser(FilterLexer.tokens(text));
        Filter filter = parser.any();
        if (parser.token().kind() != Kind.END) {
            throw parser.expected("'and', 'or' or the end");
        }
        return filter;
    }

    private Filter any() {
        List<Filter> parts = new ArrayList<>(List.of(all()));
        while (acceptWord("or")) {
            parts.add(all());
        }
        return anyOf(parts);
    }

    private Filter all() {
        List<Filter> parts = new ArrayList<>(List.of(one()));
        while (acceptWord("and")) {
            parts.add(one());
        }
        return parts.size() == 1
                ? parts.getFirst()
                : Filter.newBuilder()
                        .setAll(FilterList.newBuilder().addAllFilters(parts))
                        .build();
    }

    private Filter one() {
        if (++nesting > MAX_NESTING) {
            throw new FilterSyntaxException(
                    token().column(), "more than " + MAX_NESTING + " parentheses or nots within one another");
        }
        Filter filter;
        if (acceptWord("not")) {
            filter = not(one());
        } else if (acceptSymbol("(")) {
            filter = any();
            requireSymbol(")");
        } else if (token().isWord("exists") && tokens.get(at + 1).isSymbol("(")) {
            at += 2;
            filter = Filter.newBuilder()
                    .setExists(FieldExists.newBuilder().setField(field()))
                    .build();
            requireSymbol(")");
        } else {
            filter = comparison();
        }
        nesting--;
        return filter;
    }

    private Filter comparison() {
        String field = field();
        FilterToken operator = token();
        if (operator.kind() == Kind.SYMBOL) {
            at++;
            switch (operator.text()) {
                case "=" -> {
                    return equal(field, value());
                }
                case "!=" -> {
                    return not(equal(field, value()));
                }
                case "<", "<=", ">", ">=" -> {
                    return bounded(field, operator.text(), value());
                }
                default -> at--;
            }
        }
        boolean negated = acceptWord("not");
        if (acceptWord("in")) {
            Filter filter = in(field);
            return negated ? not(filter) : filter;
        }
        if (acceptWord("between")) {
            Filter filter = between(field);
            return negated ? not(filter) : filter;
        }
        throw expected(
                negated
                        ? "'in' or 'between' after 'not'"
                        : "one of = != < <= > >= in between after the field '" + field + "'");
    }

    private Filter in(String field) {
        requireSymbol("(");
        FieldIn.Builder texts = FieldIn.newBuilder().setField(field);
        List<Filter> parts = new ArrayList<>();
        do {
            FilterToken value = value();
            if (value.kind() == Kind.NUMBER) {
                parts.add(equal(field, value));
            } else {
                texts.addValues(value.text());
            }
        } while (acceptSymbol(","));
        requireSymbol(")");
        if (texts.getValuesCount() > 0) {
            parts.add(Filter.newBuilder().setIn(texts).build());
        }
        return anyOf(parts);
    }

    private Filter between(String field) {
        FilterToken low = value();
        if (!acceptWord("and")) {
            throw expected("'and' between the bounds");
        }
        FilterToken high = value();
        if (low.kind() != high.kind()) {
            throw new FilterSyntaxException(
                    high.column(), "one bound is a number, the other a text; put both in quotes, or neither");
        }
        return low.kind() == Kind.NUMBER
                ? numbers(
                        field, NumberRange.newBuilder().setAtLeast(number(low)).setAtMost(number(high)))
                : texts(field, TextRange.newBuilder().setAtLeast(low.text()).setAtMost(high.text()));
    }

    private static Filter equal(String field, FilterToken value) {
        if (value.kind() == Kind.NUMBER) {
            double number = number(value);
            return numbers(field, NumberRange.newBuilder().setAtLeast(number).setAtMost(number));
        }
        return Filter.newBuilder()
                .setEquals(FieldEquals.newBuilder().setField(field).setValue(value.text()))
                .build();
    }

    private static Filter bounded(String field, String operator, FilterToken value) {
        if (value.kind() == Kind.NUMBER) {
            NumberRange.Builder range = NumberRange.newBuilder();
            double bound = number(value);
            return numbers(
                    field,
                    switch (operator) {
                        case "<" -> range.setBelow(bound);
                        case "<=" -> range.setAtMost(bound);
                        case ">" -> range.setAbove(bound);
                        default -> range.setAtLeast(bound);
                    });
        }
        TextRange.Builder range = TextRange.newBuilder();
        return texts(
                field,
                switch (operator) {
                    case "<" -> range.setBelow(value.text());
                    case "<=" -> range.setAtMost(value.text());
                    case ">" -> range.setAbove(value.text());
                    default -> range.setAtLeast(value.text());
                });
    }

    private static Filter numbers(String field, NumberRange.Builder range) {
        return Filter.newBuilder()
                .setRange(FieldRange.newBuilder().setField(field).setNumbers(range))
                .build();
    }

    private static Filter texts(String field, TextRange.Builder range) {
        return Filter.newBuilder()
                .setRange(FieldRange.newBuilder().setField(field).setTexts(range))
                .build();
    }

    private static Filter not(Filter filter) {
        return Filter.newBuilder().setNegated(filter).build();
    }

    private static Filter anyOf(List<Filter> parts) {
        return parts.size() == 1
                ? parts.getFirst()
                : Filter.newBuilder()
                        .setAny(FilterList.newBuilder().addAllFilters(parts))
                        .build();
    }

    private static double number(FilterToken token) {
        return Double.parseDouble(token.text());
    }

    private String field() {
        FilterToken field = token();
        if (isKeyword(field)) {
            throw new FilterSyntaxException(
                    field.column(),
                    "expected a field, found the word " + field.shown() + "; a field of that name is put in quotes");
        }
        if ((field.kind() != Kind.WORD && field.kind() != Kind.TEXT)
                || field.text().isEmpty()) {
            throw expected("the name of a field");
        }
        at++;
        return field.text();
    }

    private FilterToken value() {
        FilterToken value = token();
        if (value.kind() == Kind.WORD) {
            throw new FilterSyntaxException(
                    value.column(),
                    "expected a value, found " + value.shown() + "; put texts in quotes: \"" + value.text() + "\"");
        }
        if (value.kind() != Kind.TEXT && value.kind() != Kind.NUMBER) {
            throw expected("a number, or a text in quotes");
        }
        at++;
        return value;
    }

    private static boolean isKeyword(FilterToken token) {
        return token.isWord("and")
                || token.isWord("or")
                || token.isWord("not")
                || token.isWord("in")
                || token.isWord("between");
    }

    private FilterToken token() {
        return tokens.get(at);
    }

    private boolean acceptWord(String word) {
        boolean is = token().isWord(word);
        at += is ? 1 : 0;
        return is;
    }

    private boolean acceptSymbol(String symbol) {
        boolean is = token().isSymbol(symbol);
        at += is ? 1 : 0;
        return is;
    }

    private void requireSymbol(String symbol) {
        if (!acceptSymbol(symbol)) {
            throw expected("'" + symbol + "'");
        }
    }

    private FilterSyntaxException expected(String what) {
        return new FilterSyntaxException(token().column(), "expected " + what + ", found " + token().shown());
    }
}
