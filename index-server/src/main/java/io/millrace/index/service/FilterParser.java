package io.millrace.index.service;

import io.millrace.index.filter.Filter;
import io.millrace.service.FilterCheck;
import io.millrace.v1.FieldRange;
import io.millrace.v1.FilterList;
import io.millrace.v1.NumberRange;
import io.millrace.v1.TextRange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns a request's filter into one of the index, or refuses it with the field at fault. Trusts nothing. */
final class FilterParser {
    private FilterParser() {}

    static Filter parse(io.millrace.v1.Filter filter) {
        FilterCheck.check(filter, "filter");
        return checked(filter);
    }

    private static Filter checked(io.millrace.v1.Filter filter) {
        return switch (filter.getKindCase()) {
            case ALL -> new Filter.All(checked(filter.getAll()));
            case ANY -> new Filter.Any(checked(filter.getAny()));
            case NEGATED -> new Filter.Not(checked(filter.getNegated()));
            case EQUALS ->
                new Filter.OneOf(
                        filter.getEquals().getField(),
                        List.of(filter.getEquals().getValue()));
            case IN ->
                new Filter.OneOf(filter.getIn().getField(), filter.getIn().getValuesList());
            case RANGE -> range(filter.getRange());
            case EXISTS -> new Filter.Exists(filter.getExists().getField());
            case KIND_NOT_SET -> throw new IllegalStateException("a filter without a kind passed its check");
        };
    }

    private static List<Filter> checked(FilterList filters) {
        return filters.getFiltersList().stream().map(FilterParser::checked).toList();
    }

    private static Filter range(FieldRange range) {
        return range.hasNumbers()
                ? numbers(range.getField(), range.getNumbers())
                : texts(range.getField(), range.getTexts());
    }

    private static Filter numbers(String field, NumberRange range) {
        double low = switch (range.getLowerCase()) {
            case AT_LEAST -> range.getAtLeast();
            case ABOVE -> range.getAbove();
            case LOWER_NOT_SET -> Double.NEGATIVE_INFINITY;
        };
        double high = switch (range.getUpperCase()) {
            case AT_MOST -> range.getAtMost();
            case BELOW -> range.getBelow();
            case UPPER_NOT_SET -> Double.POSITIVE_INFINITY;
        };
        return new Filter.Numbers(field, low, range.hasAbove(), high, range.hasBelow());
    }

    private static Filter texts(String field, TextRange range) {
        @Nullable
        String low = switch (range.getLowerCase()) {
            case AT_LEAST -> range.getAtLeast();
            case ABOVE -> range.getAbove();
            case LOWER_NOT_SET -> null;
        };
        @Nullable
        String high = switch (range.getUpperCase()) {
            case AT_MOST -> range.getAtMost();
            case BELOW -> range.getBelow();
            case UPPER_NOT_SET -> null;
        };
        return new Filter.Texts(field, low, range.hasAbove(), high, range.hasBelow());
    }
}
