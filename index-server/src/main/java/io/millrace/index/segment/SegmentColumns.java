package io.millrace.index.segment;

import io.millrace.index.filter.FieldColumns;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.WeightScheme.Format;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The memory of one segment, D documents, T terms and P postings, in one arena. Vectors may be read past the end of the weights,
 * whose padding is zero.
 *
 * @param arena owner of all of it
 * @param terms term ids, unsigned ascending, int [T]
 * @param starts first posting of each term, then P, long [T + 1]
 * @param rows row of each blocked term, -1 for others, int [T]; empty if no term is blocked
 * @param documentStarts where the documents of each term that is not blocked begin, long [T]; empty if no term is blocked, as they
 *     then begin where its postings do
 * @param documents local documents of the postings of terms that are not blocked, ascending within a term, int
 * @param weights weight of each posting, float or unsigned byte [P]
 * @param blocks of the blocked terms
 * @param ordinals ordinal of each local document, long [D]
 * @param byOrdinal local documents by ascending ordinal, int [D]; empty if that is their own order
 * @param idStarts first byte of each document id, then the end, long [D + 1]
 * @param idBytes all document ids, byte
 * @param fields metadata of the documents
 */
record SegmentColumns(
        Arena arena,
        MemorySegment terms,
        MemorySegment starts,
        MemorySegment rows,
        MemorySegment documentStarts,
        MemorySegment documents,
        MemorySegment weights,
        BlockColumns blocks,
        MemorySegment ordinals,
        MemorySegment byOrdinal,
        MemorySegment idStarts,
        MemorySegment idBytes,
        FieldColumns fields) {
    /** Weights that a vector may read beyond the last. */
    private static final int PADDING = BlockColumns.BLOCK;

    /** Zeroed columns of the given size, in which no term is blocked; freed by closing the arena. */
    static SegmentColumns allocate(Format format, SegmentInfo size) {
        return allocate(format, size, size.terms(), size.postings());
    }

    /** The same without terms, their starts and documents, which are still to be collected. */
    static SegmentColumns allocateWithoutTerms(Format format, SegmentInfo size) {
        return allocate(format, size, 0, 0);
    }

    private static SegmentColumns allocate(Format format, SegmentInfo size, long terms, long documents) {
        Arena arena = Arena.ofShared();
        try {
            return new SegmentColumns(
                    arena,
                    arena.allocate(ValueLayout.JAVA_INT, terms),
                    arena.allocate(ValueLayout.JAVA_LONG, terms + 1L),
                    MemorySegment.NULL,
                    MemorySegment.NULL,
                    arena.allocate(ValueLayout.JAVA_INT, documents),
                    arena.allocate((size.postings() + PADDING) * format.bytes(), Float.BYTES),
                    BlockColumns.NONE,
                    arena.allocate(ValueLayout.JAVA_LONG, size.documents()),
                    MemorySegment.NULL,
                    arena.allocate(ValueLayout.JAVA_LONG, size.documents() + 1L),
                    arena.allocate(size.idBytes()),
                    FieldColumns.NONE);
        } catch (OutOfMemoryError | IllegalArgumentException e) {
            arena.close();
            throw e;
        }
    }

    /** The same with the terms that were collected meanwhile; all of an arena that is this one's. */
    SegmentColumns with(MemorySegment termIds, MemorySegment termStarts, MemorySegment lists, MemorySegment order) {
        return new SegmentColumns(
                arena,
                termIds,
                termStarts,
                rows,
                documentStarts,
                lists,
                weights,
                blocks,
                ordinals,
                order,
                idStarts,
                idBytes,
                fields);
    }

    /** The same with metadata, of an arena that is this one's. */
    SegmentColumns with(FieldColumns metadata) {
        return new SegmentColumns(
                arena,
                terms,
                starts,
                rows,
                documentStarts,
                documents,
                weights,
                blocks,
                ordinals,
                byOrdinal,
                idStarts,
                idBytes,
                metadata);
    }

    /** The same with blocked terms. */
    SegmentColumns with(BlockColumns blocked, MemorySegment blockedRows, MemorySegment documentPlaces) {
        return new SegmentColumns(
                arena,
                terms,
                starts,
                blockedRows,
                documentPlaces,
                documents,
                weights,
                blocked,
                ordinals,
                byOrdinal,
                idStarts,
                idBytes,
                fields);
    }

    long bytes() {
        return terms.byteSize()
                + starts.byteSize()
                + rows.byteSize()
                + documentStarts.byteSize()
                + documents.byteSize()
                + weights.byteSize()
                + blocks.bytes()
                + ordinals.byteSize()
                + byOrdinal.byteSize()
                + idStarts.byteSize()
                + idBytes.byteSize()
                + fields.bytes();
    }
}
