package io.millrace.index.filter;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Turns a filter into a bitmap. Each part costs a pass over the bitmap and as much as it has documents; as deep as the filter.
 *
 * @param columns of the segment
 * @param documents of the segment
 */
record Evaluation(FieldColumns columns, int documents) {
    /** A new bitmap of the documents that match. */
    long[] of(Filter filter) {
        return switch (filter) {
            case Filter.All all -> all(all.parts());
            case Filter.Any any -> any(any.parts());
            case Filter.Not not -> not(not.part());
            case Filter.OneOf oneOf -> oneOf(oneOf);
            case Filter.Numbers numbers -> numbers(numbers);
            case Filter.Texts texts -> texts(texts);
            case Filter.Exists exists -> exists(exists);
        };
    }

    private long[] none() {
        return new long[(documents + Long.SIZE - 1) / Long.SIZE];
    }

    private long[] all(List<Filter> parts) {
        if (parts.isEmpty()) {
            return complement(none());
        }
        long[] matching = of(parts.getFirst());
        for (Filter part : parts.subList(1, parts.size())) {
            long[] other = of(part);
            for (int i = 0; i < matching.length; i++) {
                matching[i] &= other[i];
            }
        }
        return matching;
    }

    private long[] any(List<Filter> parts) {
        long[] matching = none();
        for (Filter part : parts) {
            long[] other = of(part);
            for (int i = 0; i < matching.length; i++) {
                matching[i] |= other[i];
            }
        }
        return matching;
    }

    private long[] not(Filter part) {
        return complement(of(part));
    }

    private long[] complement(long[] words) {
        for (int i = 0; i < words.length; i++) {
            words[i] = ~words[i];
        }
        if (documents % Long.SIZE != 0) {
            words[words.length - 1] &= (1L << documents) - 1;
        }
        return words;
    }

    private long[] oneOf(Filter.OneOf filter) {
        long[] matching = none();
        int field = columns.findField(utf8(filter.field()));
        if (field >= 0) {
            for (String value : filter.values()) {
                int place = columns.findValue(field, utf8(value));
                if (place >= 0) {
                    add(place, place + 1, matching);
                }
            }
        }
        return matching;
    }

    private long[] numbers(Filter.Numbers filter) {
        long[] matching = none();
        int field = columns.findField(utf8(filter.field()));
        if (field >= 0) {
            int end = columns.numberFrom(field, filter.high(), !filter.below());
            for (int number = columns.numberFrom(field, filter.low(), filter.above()); number < end; number++) {
                int value = columns.numberValue(number);
                add(value, value + 1, matching);
            }
        }
        return matching;
    }

    private long[] texts(Filter.Texts filter) {
        long[] matching = none();
        int field = columns.findField(utf8(filter.field()));
        if (field >= 0) {
            int from = filter.low() == null
                    ? columns.firstValue(field)
                    : columns.valueFrom(field, utf8(filter.low()), filter.above());
            int end = filter.high() == null
                    ? columns.firstValue(field + 1)
                    : columns.valueFrom(field, utf8(filter.high()), !filter.below());
            add(from, end, matching);
        }
        return matching;
    }

    private long[] exists(Filter.Exists filter) {
        long[] matching = none();
        int field = columns.findField(utf8(filter.field()));
        if (field >= 0) {
            add(columns.firstValue(field), columns.firstValue(field + 1), matching);
        }
        return matching;
    }

    /** Adds the documents of neighbouring values, which are neighbours too. */
    private void add(int fromValue, int endValue, long[] matching) {
        if (fromValue >= endValue) {
            return;
        }
        long end = columns.listStart(endValue);
        for (long i = columns.listStart(fromValue); i < end; i++) {
            int document = columns.document(i);
            matching[document >>> 6] |= 1L << document;
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
