package io.millrace.index.fsck;

import io.millrace.index.codec.SourceCodec;
import io.millrace.index.codec.StoredValue;
import io.millrace.index.filter.FieldColumns;
import io.millrace.index.record.StoreException;
import io.millrace.index.segment.Segment;
import io.millrace.index.store.Column;
import io.millrace.index.store.Keys;
import io.millrace.index.store.StoreInspection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Holds the metadata that filters of a segment look at against the sources of its documents, in the way of {@link PostingCheck}:
 * by a sum of hashes a document, so that differences could cancel out with a chance of 2⁻⁶⁴.
 */
final class FieldCheck {
    private final StoreInspection store;
    private final Segment segment;
    private final FieldColumns columns;
    private final ShardFindings findings;
    // Metadata in SOURCE of local documents that differ, the first ones; and what the segment has of them.
    private final Map<Integer, Map<String, String>> sources = new LinkedHashMap<>();
    private final Map<Integer, Map<String, List<String>>> differing = new LinkedHashMap<>();

    FieldCheck(StoreInspection store, Segment segment, ShardFindings findings) {
        this.store = store;
        this.segment = segment;
        this.columns = segment.fields().columns();
        this.findings = findings;
    }

    void run() {
        long[] sums = new long[segment.info().documents()];
        forEachEntry((document, field, value) -> sums[document] += hash(field, value));
        store.rows(Column.SOURCE, segment.firstOrdinal(), segment.lastOrdinal(), (key, row) -> {
            if (key.length != Long.BYTES) {
                return;
            }
            int document = segment.findOrdinal(Keys.ordinal(key));
            Map<String, String> metadata = document < 0 ? null : metadata(Keys.ordinal(key), row);
            if (metadata != null && sum(metadata) != sums[document]) {
                if (sources.size() < Findings.KEPT) {
                    sources.put(document, metadata);
                    differing.put(document, new TreeMap<>());
                } else {
                    findings.add(Column.FILT, where(document), "its metadata differs from that in SOURCE");
                }
            }
        });
        if (!sources.isEmpty()) {
            explain();
        }
    }

    /** Metadata in a row of SOURCE; null if it is damaged, which is named where all sources are read. */
    static @Nullable Map<String, String> metadata(long ordinal, byte[] row) {
        try {
            ByteBuffer payload = StoredValue.unwrap("the source of document version " + ordinal, row);
            byte[] source = new byte[payload.remaining()];
            payload.get(source);
            return SourceCodec.source(ordinal, source).getMetadataMap();
        } catch (StoreException e) {
            return null;
        }
    }

    private void explain() {
        forEachEntry((document, field, value) -> {
            Map<String, List<String>> fields = differing.get(document);
            if (fields != null) {
                fields.computeIfAbsent(text(field), name -> new ArrayList<>()).add(text(value));
            }
        });
        differing.forEach((document, fields) -> findings.add(
                Column.FILT, where(document), difference(fields, sources.getOrDefault(document, Map.of()))));
    }

    /** The first difference, by fields. */
    private static String difference(Map<String, List<String>> fields, Map<String, String> source) {
        for (Map.Entry<String, String> expected : new TreeMap<>(source).entrySet()) {
            List<String> values = fields.remove(expected.getKey());
            String field = "'" + expected.getKey() + "'";
            if (values == null) {
                return "it has no value in field " + field + ", but its SOURCE has '" + expected.getValue() + "'";
            }
            if (!values.equals(List.of(expected.getValue()))) {
                return "field " + field + " has '" + String.join("' and '", values) + "', but in its SOURCE '"
                        + expected.getValue() + "'";
            }
        }
        return fields.isEmpty()
                ? "its metadata differs from that in SOURCE"
                : "it has a value in field '" + fields.keySet().iterator().next() + "', but its SOURCE does not";
    }

    private interface Entry {
        void accept(int document, byte[] field, byte[] value);
    }

    private void forEachEntry(Entry entry) {
        int[] documents = new int[segment.info().documents()];
        for (int field = 0; field < columns.fields(); field++) {
            byte[] name = columns.name(field);
            for (int value = columns.firstValue(field); value < columns.firstValue(field + 1); value++) {
                byte[] text = columns.value(value);
                columns.readDocuments(value, documents, 0);
                for (int i = 0; i < columns.documentCount(value); i++) {
                    entry.accept(documents[i], name, text);
                }
            }
        }
    }

    private static long sum(Map<String, String> metadata) {
        long sum = 0;
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            sum += hash(
                    entry.getKey().getBytes(StandardCharsets.UTF_8),
                    entry.getValue().getBytes(StandardCharsets.UTF_8));
        }
        return sum;
    }

    private String where(int document) {
        return "segment " + segment.info().id() + ", version " + segment.ordinal(document) + " of document '"
                + segment.id(document) + "'";
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }

    private static long hash(byte[] field, byte[] value) {
        return PostingCheck.mix(31 * hash(field) + hash(value));
    }

    /** FNV-1a (Fowler, Noll and Vo). */
    private static long hash(byte[] text) {
        long hash = 0xCBF29CE484222325L;
        for (byte each : text) {
            hash = (hash ^ (each & 0xFF)) * 0x100000001B3L;
        }
        return hash;
    }
}
