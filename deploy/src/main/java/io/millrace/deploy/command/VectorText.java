package io.millrace.deploy.command;

import io.millrace.v1.SparseVector;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A sparse vector as text. */
final class VectorText {
    private static final int BAR_CELLS = 30;

    private VectorText() {}

    /** Ids and weights, in the order of ids. */
    static Map<String, Object> json(SparseVector vector) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put(
                "ids", vector.getIdsList().stream().map(Integer::toUnsignedLong).toList());
        fields.put("weights", vector.getWeightsList());
        return fields;
    }

    /** {@code id:weight} for every entry, in the order of ids. */
    static String plain(SparseVector vector) {
        return IntStream.range(0, vector.getIdsCount())
                .mapToObj(i -> Integer.toUnsignedString(vector.getIds(i)) + ":" + vector.getWeights(i))
                .collect(Collectors.joining(" "));
    }

    /** The strongest terms, one a line, with a bar relative to the strongest. */
    static List<String> strongest(SparseVector vector, List<String> terms, int count) {
        List<Integer> order = IntStream.range(0, vector.getIdsCount())
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -vector.getWeights(i)))
                .limit(count)
                .toList();
        if (order.isEmpty()) {
            return List.of();
        }
        float most = vector.getWeights(order.getFirst());
        return order.stream()
                .map(i -> String.format(
                        Locale.ROOT,
                        "  %-20s %6.3f  %s",
                        terms.get(i),
                        vector.getWeights(i),
                        "█".repeat(Math.max(1, Math.round(BAR_CELLS * vector.getWeights(i) / most)))))
                .toList();
    }
}
