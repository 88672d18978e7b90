package io.millrace.index.filter;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Seeded random metadata and filters over the same fields and values, and what a filter means, written out. */
public final class Metadata {
    private static final List<String> FIELDS = List.of("lang", "year", "price", "é", "lang2", "");
    private static final List<String> TEXTS =
            List.of("en", "de", "e", "", "en\u0000", "zürich", "\uFFFD", "\uD83D\uDE00", "EN");
    private static final List<String> NUMBERS = List.of(
            "1",
            "1.0",
            "01",
            "-0",
            "0",
            "+2.5",
            "2.50",
            "1e3",
            "1000",
            "-7.",
            ".5",
            "9007199254740993",
            "1e400",
            "NaN",
            "0x10",
            "1f",
            " 1",
            "--1",
            "1e",
            "Infinity");
    private static final double[] BOUNDS = {-7, -0.0, 0, .5, 1, 2.5, 1000, 1e18, -1e308};
    private static final Pattern DECIMAL = Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");

    private Metadata() {}

    /** Metadata of a document, now and then none. */
    public static Map<String, String> random(Random random) {
        Map<String, String> metadata = new HashMap<>();
        for (String field : FIELDS) {
            if (random.nextInt(3) > 0) {
                metadata.put(field, value(random));
            }
        }
        if (random.nextInt(4) == 0) {
            metadata.put("unique", Long.toString(random.nextLong()));
        }
        return random.nextInt(8) == 0 ? Map.of() : metadata;
    }

    /** A filter of up to {@code depth} filters within one another. */
    public static Filter filter(Random random, int depth) {
        String field = random.nextInt(12) == 0 ? "unknown" : FIELDS.get(random.nextInt(FIELDS.size()));
        return switch (random.nextInt(depth > 1 ? 8 : 5)) {
            case 0 ->
                new Filter.OneOf(
                        field,
                        random.ints(1 + random.nextInt(3))
                                .mapToObj(i -> value(random))
                                .toList());
            case 1, 2 ->
                new Filter.Numbers(
                        field,
                        random.nextInt(4) == 0 ? Double.NEGATIVE_INFINITY : bound(random),
                        random.nextBoolean(),
                        random.nextInt(4) == 0 ? Double.POSITIVE_INFINITY : bound(random),
                        random.nextBoolean());
            case 3 ->
                new Filter.Texts(
                        field,
                        random.nextInt(3) == 0 ? null : value(random),
                        random.nextBoolean(),
                        random.nextInt(3) == 0 ? null : value(random),
                        random.nextBoolean());
            case 4 -> new Filter.Exists(field);
            case 5 -> new Filter.Not(filter(random, depth - 1));
            case 6 -> new Filter.All(filters(random, depth - 1));
            default -> new Filter.Any(filters(random, depth - 1));
        };
    }

    private static List<Filter> filters(Random random, int depth) {
        List<Filter> filters = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            filters.add(filter(random, depth));
        }
        return filters;
    }

    private static String value(Random random) {
        List<String> values = random.nextBoolean() ? TEXTS : NUMBERS;
        return values.get(random.nextInt(values.size()));
    }

    private static double bound(Random random) {
        return BOUNDS[random.nextInt(BOUNDS.length)];
    }

    /** Whether a document with this metadata matches: the definition. */
    public static boolean matches(Filter filter, Map<String, String> metadata) {
        return switch (filter) {
            case Filter.All all -> all.parts().stream().allMatch(part -> matches(part, metadata));
            case Filter.Any any -> any.parts().stream().anyMatch(part -> matches(part, metadata));
            case Filter.Not not -> !matches(not.part(), metadata);
            case Filter.OneOf oneOf ->
                metadata.containsKey(oneOf.field()) && oneOf.values().contains(metadata.get(oneOf.field()));
            case Filter.Exists exists -> metadata.containsKey(exists.field());
            case Filter.Numbers range -> {
                Double number = number(metadata.get(range.field()));
                yield number != null
                        && (range.above() ? number > range.low() : number >= range.low())
                        && (range.below() ? number < range.high() : number <= range.high());
            }
            case Filter.Texts range -> {
                String text = metadata.get(range.field());
                yield text != null
                        && (range.low() == null || compare(text, range.low()) >= (range.above() ? 1 : 0))
                        && (range.high() == null || compare(text, range.high()) <= (range.below() ? -1 : 0));
            }
        };
    }

    private static @Nullable Double number(@Nullable String value) {
        if (value == null || !DECIMAL.matcher(value).matches()) {
            return null;
        }
        double number = Double.parseDouble(value);
        return Double.isFinite(number) ? number : null;
    }

    private static int compare(String one, String other) {
        return Integer.signum(
                Arrays.compareUnsigned(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8)));
    }
}
