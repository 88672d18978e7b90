package io.millrace.index.segment;

import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.WeightScheme.Format;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The memory of one segment, D documents, T terms and P postings, in one arena.
 *
 * @param arena owner of all of it
 * @param terms term ids, unsigned ascending, int [T]
 * @param starts first posting of each term, then P, long [T + 1]
 * @param documents local document of each posting, ascending within a term, int [P]
 * @param weights weight of each posting, float or unsigned byte [P]
 * @param ordinals ordinal of each local document, ascending, long [D]
 * @param idStarts first byte of each document id, then the end, long [D + 1]
 * @param idBytes all document ids, byte
 */
record SegmentColumns(
        Arena arena,
        MemorySegment terms,
        MemorySegment starts,
        MemorySegment documents,
        MemorySegment weights,
        MemorySegment ordinals,
        MemorySegment idStarts,
        MemorySegment idBytes) {

    /** Zeroed columns of the given size; freed by closing the arena. */
    static SegmentColumns allocate(Format format, SegmentInfo size) {
        Arena arena = Arena.ofShared();
        try {
            return new SegmentColumns(
                    arena,
                    arena.allocate(ValueLayout.JAVA_INT, size.terms()),
                    arena.allocate(ValueLayout.JAVA_LONG, size.terms() + 1L),
                    arena.allocate(ValueLayout.JAVA_INT, size.postings()),
                    arena.allocate(size.postings() * format.bytes(), Float.BYTES),
                    arena.allocate(ValueLayout.JAVA_LONG, size.documents()),
                    arena.allocate(ValueLayout.JAVA_LONG, size.documents() + 1L),
                    arena.allocate(size.idBytes()));
        } catch (OutOfMemoryError | IllegalArgumentException e) {
            arena.close();
            throw e;
        }
    }

    long bytes() {
        return terms.byteSize()
                + starts.byteSize()
                + documents.byteSize()
                + weights.byteSize()
                + ordinals.byteSize()
                + idStarts.byteSize()
                + idBytes.byteSize();
    }
}
