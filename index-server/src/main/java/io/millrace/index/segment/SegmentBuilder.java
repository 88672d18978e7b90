package io.millrace.index.segment;

import io.millrace.index.filter.FieldColumns;
import io.millrace.index.filter.FieldInversion;
import io.millrace.index.memory.NativeMemory;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.WeightScheme;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Inverts vectors into a segment in memory: count the terms, sort the distinct ones, then place each posting. Linear
 * in the postings but for the sort of the distinct terms. Stateless.
 */
public final class SegmentBuilder {
    private SegmentBuilder() {}

    /**
     * A segment of these documents, held once by the caller.
     *
     * @param versions documents by ascending ordinal, at least one
     * @param weights how to keep their weights
     */
    public static Segment build(List<DocumentVersion> versions, WeightScheme weights) {
        int postings = 0;
        long idBytes = 0;
        long fieldEntries = 0;
        for (DocumentVersion version : versions) {
            postings = Math.addExact(postings, version.vector().size());
            idBytes += version.id().utf8().length;
            fieldEntries += version.metadata().size();
        }
        TermTable table = new TermTable();
        // Number of each posting's term, so that no term is looked up twice.
        int[] numbers = new int[postings];
        int at = 0;
        for (DocumentVersion version : versions) {
            for (int term : version.vector().ids()) {
                numbers[at++] = table.add(term);
            }
        }
        SegmentInfo info = new SegmentInfo(0, versions.size(), table.size(), postings, idBytes, fieldEntries);
        SegmentColumns columns = SegmentColumns.allocate(weights.format(), info);
        long[] next = writeDirectory(table, columns);
        long idStart = 0;
        int first = 0;
        for (int document = 0; document < versions.size(); document++) {
            DocumentVersion version = versions.get(document);
            assert document == 0
                            || version.ordinal() > versions.get(document - 1).ordinal()
                    : "ordinals must ascend";
            idStart = writeDocument(columns, document, version, idStart);
            int end = first + version.vector().size();
            for (int i = first; i < end; i++) {
                long posting = next[numbers[i]]++;
                NativeMemory.putInt(columns.documents().address() + posting * Integer.BYTES, document);
                writeWeight(columns, posting, version.vector().weights()[i - first], weights);
            }
            first = end;
        }
        FieldColumns fields = FieldInversion.of(
                versions.stream().map(DocumentVersion::metadata).toList(), columns.arena());
        return new Segment(info, weights.format(), columns.with(fields));
    }

    /** Writes terms and starts; returns where the next posting of each term number goes. */
    private static long[] writeDirectory(TermTable table, SegmentColumns columns) {
        long[] next = new long[table.size()];
        int[] sorted = table.sortedNumbers();
        long start = 0;
        for (int place = 0; place < sorted.length; place++) {
            int number = sorted[place];
            columns.terms().setAtIndex(ValueLayout.JAVA_INT, place, table.term(number));
            columns.starts().setAtIndex(ValueLayout.JAVA_LONG, place, start);
            next[number] = start;
            start += table.count(number);
        }
        columns.starts().setAtIndex(ValueLayout.JAVA_LONG, sorted.length, start);
        return next;
    }

    private static long writeDocument(SegmentColumns columns, int document, DocumentVersion version, long idStart) {
        byte[] id = version.id().utf8();
        columns.ordinals().setAtIndex(ValueLayout.JAVA_LONG, document, version.ordinal());
        MemorySegment.copy(id, 0, columns.idBytes(), ValueLayout.JAVA_BYTE, idStart, id.length);
        columns.idStarts().setAtIndex(ValueLayout.JAVA_LONG, document + 1L, idStart + id.length);
        return idStart + id.length;
    }

    private static void writeWeight(SegmentColumns columns, long posting, float weight, WeightScheme weights) {
        long address = columns.weights().address();
        if (weights.quantised()) {
            NativeMemory.putByte(address + posting, (byte) weights.impact(weight));
        } else {
            NativeMemory.putInt(address + posting * Float.BYTES, Float.floatToRawIntBits(weight));
        }
    }
}
