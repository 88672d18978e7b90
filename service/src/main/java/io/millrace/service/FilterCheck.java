package io.millrace.service;

import io.grpc.StatusRuntimeException;
import io.millrace.v1.FieldRange;
import io.millrace.v1.Filter;
import io.millrace.v1.FilterList;
import io.millrace.v1.NumberRange;
import io.millrace.v1.TextRange;

/**
 * Checks a filter as far as it says something by itself, so that coordinators refuse it before anything is encoded, and index
 * servers trust nobody. For one filter.
 */
public final class FilterCheck {
    /** Filters within one another. */
    public static final int MAX_DEPTH = 16;

    /** Filters in all. */
    public static final int MAX_FILTERS = 1_024;

    /** Texts that values are compared with, in all. */
    public static final int MAX_VALUES = 10_000;

    /** Bytes of the message. */
    public static final int MAX_BYTES = 256 << 10;

    private int filters;
    private int values;

    private FilterCheck() {}

    /**
     * Refuses what is incomplete or too large.
     *
     * @param field the request's field that the filter is in
     * @throws StatusRuntimeException INVALID_ARGUMENT that names the field at fault
     */
    public static void check(Filter filter, String field) {
        int bytes = filter.getSerializedSize();
        if (bytes > MAX_BYTES) {
            throw Refusals.invalidArgument(
                    field, "has " + bytes + " bytes; the limit is " + MAX_BYTES + ": name fewer values");
        }
        new FilterCheck().check(filter, field, 1);
    }

    private void check(Filter filter, String field, int depth) {
        if (depth > MAX_DEPTH) {
            throw Refusals.invalidArgument(
                    field,
                    "lies " + depth + " filters deep; the limit is " + MAX_DEPTH + ": join lists of the same kind");
        }
        if (++filters > MAX_FILTERS) {
            throw Refusals.invalidArgument(
                    field, "is one of more than " + MAX_FILTERS + " filters; join values of a field with `in`");
        }
        switch (filter.getKindCase()) {
            case ALL -> checkList(filter.getAll(), field + ".all.filters", depth);
            case ANY -> checkList(filter.getAny(), field + ".any.filters", depth);
            case NEGATED -> check(filter.getNegated(), field + ".negated", depth + 1);
            case EQUALS -> {
                requireName(filter.getEquals().getField(), field + ".equals.field");
                count(1, field + ".equals.value");
            }
            case IN -> {
                requireName(filter.getIn().getField(), field + ".in.field");
                requireSome(filter.getIn().getValuesCount(), field + ".in.values", "value");
                count(filter.getIn().getValuesCount(), field + ".in.values");
            }
            case RANGE -> checkRange(filter.getRange(), field + ".range");
            case EXISTS -> requireName(filter.getExists().getField(), field + ".exists.field");
            case KIND_NOT_SET ->
                throw Refusals.invalidArgument(
                        field, "is empty, or of a kind that is unknown here; set one, or leave the filter out");
        }
    }

    private void checkList(FilterList list, String field, int depth) {
        requireSome(list.getFiltersCount(), field, "filter");
        for (int i = 0; i < list.getFiltersCount(); i++) {
            check(list.getFilters(i), field + "[" + i + "]", depth + 1);
        }
    }

    private void checkRange(FieldRange range, String field) {
        requireName(range.getField(), field + ".field");
        switch (range.getBoundsCase()) {
            case NUMBERS -> checkNumbers(range.getNumbers(), field + ".numbers");
            case TEXTS -> checkTexts(range.getTexts(), field + ".texts");
            case BOUNDS_NOT_SET -> throw noBound(field);
        }
    }

    private static void checkNumbers(NumberRange range, String field) {
        switch (range.getLowerCase()) {
            case AT_LEAST -> requireFinite(range.getAtLeast(), field + ".at_least");
            case ABOVE -> requireFinite(range.getAbove(), field + ".above");
            case LOWER_NOT_SET -> {}
        }
        switch (range.getUpperCase()) {
            case AT_MOST -> requireFinite(range.getAtMost(), field + ".at_most");
            case BELOW -> requireFinite(range.getBelow(), field + ".below");
            case UPPER_NOT_SET -> {
                if (range.getLowerCase() == NumberRange.LowerCase.LOWER_NOT_SET) {
                    throw noBound(field);
                }
            }
        }
    }

    private void checkTexts(TextRange range, String field) {
        boolean lower = range.getLowerCase() != TextRange.LowerCase.LOWER_NOT_SET;
        boolean upper = range.getUpperCase() != TextRange.UpperCase.UPPER_NOT_SET;
        if (!lower && !upper) {
            throw noBound(field);
        }
        count((lower ? 1 : 0) + (upper ? 1 : 0), field);
    }

    private void count(int more, String field) {
        values += more;
        if (values > MAX_VALUES) {
            throw Refusals.invalidArgument(
                    field,
                    "brings the values of the filter to " + values + "; the limit is " + MAX_VALUES
                            + ": store a field that says what these values have in common");
        }
    }

    private static void requireName(String name, String field) {
        if (name.isEmpty()) {
            throw Refusals.invalidArgument(field, "is empty; name a field of the documents' metadata");
        }
    }

    private static void requireSome(int count, String field, String what) {
        if (count == 0) {
            throw Refusals.invalidArgument(field, "is empty; give at least one " + what);
        }
    }

    private static void requireFinite(double bound, String field) {
        if (!Double.isFinite(bound)) {
            throw Refusals.invalidArgument(
                    field, "is " + bound + "; bounds are finite: leave it out for a range that is open there");
        }
    }

    private static StatusRuntimeException noBound(String field) {
        return Refusals.invalidArgument(
                field, "has no bound; give at least one, or use `exists` for documents that have the field");
    }
}
