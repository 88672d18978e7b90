package io.millrace.deploy.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.v1.Filter;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What filters mean, written with every parenthesis; and what is said of those that cannot be read. */
class FilterParserTest {
    @Test
    void comparisonsAreRead() {
        means("lang = \"en\"", "lang is en");
        means("lang='en'", "lang is en");
        means("lang != \"en\"", "not(lang is en)");
        means("year = 2020", "year in [2020.0, 2020.0]");
        means("year != 2020", "not(year in [2020.0, 2020.0])");
        means("year < 2020", "year in (.., 2020.0)");
        means("year <= -1.5e3", "year in (.., -1500.0]");
        means("year > .5", "year in (0.5, ..)");
        means("year>=+2", "year in [2.0, ..)");
        means("name < \"m\"", "name in text (.., m)");
        means("name <= \"m\"", "name in text (.., m]");
        means("name > \"m\"", "name in text (m, ..)");
        means("name >= \"\"", "name in text [, ..)");
        means("year between 1 and 2", "year in [1.0, 2.0]");
        means("name not between 'a' and 'b'", "not(name in text [a, b])");
        means("exists(draft)", "exists draft");
    }

    @Test
    void listsTakeTextsAndNumbers() {
        means("lang in (\"en\", 'de')", "lang of en|de");
        means("lang not in ('en')", "not(lang of en)");
        means("year in (1, 'x', 2)", "any(year in [1.0, 1.0]; year in [2.0, 2.0]; year of x)");
        means("year in (1)", "year in [1.0, 1.0]");
    }

    @Test
    void notBindsCloserThanAndAndThatCloserThanOr() {
        means("a=1 or b=2 and c=3", "any(a in [1.0, 1.0]; all(b in [2.0, 2.0]; c in [3.0, 3.0]))");
        means("(a='1' or b='2') and c='3'", "all(any(a is 1; b is 2); c is 3)");
        means("not a='1' and b='2'", "all(not(a is 1); b is 2)");
        means("not (a='1' and b='2')", "not(all(a is 1; b is 2))");
        means("not not a='1'", "not(not(a is 1))");
        means("a='1' and b between 2 and 3 and c='4'", "all(a is 1; b in [2.0, 3.0]; c is 4)");
        means(
                "lang = \"en\" and (year >= 2020 or not exists(draft))",
                "all(lang is en; any(year in [2020.0, ..); not(exists draft)))");
    }

    @Test
    void namesKeywordsAndQuotes() {
        means("Not EXISTS(a) OR a IN ('x') aNd b BETWEEN 1 AND 2", "any(not(exists a); all(a of x; b in [1.0, 2.0]))");
        means("'and' = 'or'", "and is or");
        means("exists = 'x'", "exists is x");
        means("\"a b\" = \"it's \\\"so\\\" \\\\\"", "a b is it's \"so\" \\");
        means("größe_2.x-y:z/k = '😀'", "größe_2.x-y:z/k is 😀");
    }

    @Test
    void errorsPointAtTheColumn() {
        fails("", 1, "expected the name of a field, found the end");
        fails("lang", 5, "expected one of = != < <= > >= in between after the field 'lang', found the end");
        fails("lang = en", 8, "expected a value, found 'en'; put texts in quotes: \"en\"");
        fails("lang = ", 8, "expected a number, or a text in quotes, found the end");
        fails("lang = 'en", 8, "has no end; close it with '");
        fails("lang == 'en'", 7, "expected a number, or a text in quotes, found '='");
        fails("lang ! 'en'", 6, "write != or not");
        fails("lang & 'en'", 6, "'&' has no meaning here");
        fails("a='1' b='2'", 7, "expected 'and', 'or' or the end, found 'b'");
        fails("(a='1'", 7, "expected ')', found the end");
        fails("a='1')", 6, "expected 'and', 'or' or the end, found ')'");
        fails("and = 1", 1, "found the word 'and'; a field of that name is put in quotes");
        fails("a in ()", 7, "expected a number, or a text in quotes, found ')'");
        fails("a in 'x'", 6, "expected '(', found \"x\"");
        fails("a not = 'x'", 7, "expected 'in' or 'between' after 'not', found '='");
        fails("a between 1 or 2", 13, "expected 'and' between the bounds");
        fails("a between 1 and 'z'", 17, "one bound is a number, the other a text");
        fails("year = 20x", 8, "'20x' is not a number");
        fails("year = 1e999", 8, "'1e999' is not a number");
        fails("2020 = year", 1, "expected the name of a field, found '2020'");
        fails("'' = 'x'", 1, "expected the name of a field");
        fails("a = 'x\\n'", 7, "a backslash comes before a quote");
        fails("😀 = 1 1", 7, "expected 'and', 'or' or the end");
        fails("exists(a", 9, "expected ')'");
        fails("(".repeat(5_000), 17, "more than 16");
        fails("not ".repeat(5_000), 65, "more than 16");
    }

    @Test
    void anyTextIsReadOrRefusedWithAColumnInIt() {
        String[] pieces = {
            "a", "=", "'x'", "1", "(", ")", "and", "or", "not", "in", ",", "exists", "<", "!", "\\", "'", "é"
        };
        Random random = new Random(5);
        int read = 0;
        for (int i = 0; i < 20_000; i++) {
            String text = random.ints(random.nextInt(9), 0, pieces.length)
                    .mapToObj(piece -> pieces[piece])
                    .collect(Collectors.joining(random.nextBoolean() ? " " : ""));
            try {
                FilterParser.parse(text);
                read++;
            } catch (FilterSyntaxException e) {
                assertThat(e.column()).as(text).isBetween(1, text.length() + 1);
            }
        }
        assertThat(read).isPositive();
    }

    private static void means(String text, String meaning) {
        assertThat(shown(FilterParser.parse(text))).as(text).isEqualTo(meaning);
    }

    private static void fails(String text, int column, String why) {
        assertThatThrownBy(() -> FilterParser.parse(text))
                .as(text)
                .hasMessageStartingWith("the filter cannot be read at column " + column + ": ")
                .hasMessageContaining(why);
    }

    private static String shown(Filter filter) {
        return switch (filter.getKindCase()) {
            case ALL -> list("all", filter.getAll());
            case ANY -> list("any", filter.getAny());
            case NEGATED -> "not(" + shown(filter.getNegated()) + ")";
            case EQUALS ->
                filter.getEquals().getField() + " is " + filter.getEquals().getValue();
            case IN ->
                filter.getIn().getField() + " of "
                        + String.join("|", filter.getIn().getValuesList());
            case EXISTS -> "exists " + filter.getExists().getField();
            case RANGE -> range(filter.getRange());
            case KIND_NOT_SET -> "nothing";
        };
    }

    private static String list(String name, io.millrace.v1.FilterList list) {
        return list.getFiltersList().stream()
                .map(FilterParserTest::shown)
                .collect(Collectors.joining("; ", name + "(", ")"));
    }

    private static String range(io.millrace.v1.FieldRange range) {
        String bounds;
        if (range.hasNumbers()) {
            var numbers = range.getNumbers();
            bounds = (numbers.hasAtLeast()
                            ? "[" + numbers.getAtLeast()
                            : numbers.hasAbove() ? "(" + numbers.getAbove() : "(..")
                    + ", "
                    + (numbers.hasAtMost()
                            ? numbers.getAtMost() + "]"
                            : numbers.hasBelow() ? numbers.getBelow() + ")" : "..)");
        } else {
            var texts = range.getTexts();
            bounds = "text "
                    + (texts.hasAtLeast()
                            ? "[" + texts.getAtLeast()
                            : texts.hasAbove() ? "(" + texts.getAbove() : "(..")
                    + ", "
                    + (texts.hasAtMost() ? texts.getAtMost() + "]" : texts.hasBelow() ? texts.getBelow() + ")" : "..)");
        }
        return range.getField() + " in " + bounds;
    }
}
