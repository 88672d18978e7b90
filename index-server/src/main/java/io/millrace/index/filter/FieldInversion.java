package io.millrace.index.filter;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Turns the metadata of documents around. Stateless. */
public final class FieldInversion {
    private static final Comparator<Entry> ORDER = Comparator.comparing(Entry::field, Arrays::compareUnsigned)
            .thenComparing(Entry::value, Arrays::compareUnsigned)
            .thenComparingInt(Entry::document);

    private FieldInversion() {}

    private record Entry(byte[] field, byte[] value, int document) {}

    /** Columns of these documents' metadata, in memory of an arena. */
    public static FieldColumns of(List<Map<String, String>> documents, Arena arena) {
        List<Entry> entries = new ArrayList<>();
        for (int document = 0; document < documents.size(); document++) {
            for (Map.Entry<String, String> entry : documents.get(document).entrySet()) {
                entries.add(new Entry(utf8(entry.getKey()), utf8(entry.getValue()), document));
            }
        }
        if (entries.isEmpty()) {
            return FieldColumns.NONE;
        }
        entries.sort(ORDER);
        try (FieldColumnsBuilder into = new FieldColumnsBuilder(documents.size())) {
            for (Entry entry : entries) {
                into.at(entry.field(), entry.value());
                into.add(entry.document());
            }
            return into.build(arena);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
