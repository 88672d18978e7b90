package io.millrace.index.segment;

import io.millrace.index.filter.FieldIndex;
import io.millrace.index.memory.NativeMemory;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.WeightScheme.Format;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An immutable set of documents with their posting lists by term, in off-heap memory.
 *
 * <p>Local documents run from 0 in an order that is the segment's own; terms are any unsigned 32-bit number, found by binary
 * search in a sorted directory. Frequent terms may be blocked, see {@link BlockColumns}. Safe for any thread between {@link #retain} and {@link #release}: memory is freed when
 * the last holder lets go, so that no reader ever sees it vanish.
 */
public final class Segment {
    private final SegmentInfo info;
    private final Format format;
    private final SegmentColumns columns;
    private final FieldIndex fields;
    // Holders; the creator is the first. Never rises again from 0.
    private final AtomicInteger holders = new AtomicInteger(1);

    Segment(SegmentInfo info, Format format, SegmentColumns columns) {
        this.info = info;
        this.format = format;
        this.columns = columns;
        this.fields = new FieldIndex(columns.fields(), info.documents());
    }

    /** Its size, and its number if it is on disk. */
    public SegmentInfo info() {
        return info;
    }

    /** How its weights are kept. */
    public Format format() {
        return format;
    }

    /** Off-heap bytes. */
    public long memoryBytes() {
        return columns.bytes();
    }

    /** Adds a holder. Only who already holds the segment, directly or through a snapshot, may call this. */
    public void retain() {
        int before = holders.getAndIncrement();
        if (before <= 0) {
            throw new IllegalStateException("segment " + info.id() + " was retained after its memory was freed");
        }
    }

    /** Lets go; the last one frees the memory. */
    public void release() {
        if (holders.decrementAndGet() == 0) {
            columns.arena().close();
        }
    }

    /** Metadata of its documents. */
    public FieldIndex fields() {
        return fields;
    }

    /** Place of a term in the directory, or -1. */
    public int findTerm(int term) {
        MemorySegment terms = columns.terms();
        int low = 0;
        int high = info.terms() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = Integer.compareUnsigned(terms.getAtIndex(ValueLayout.JAVA_INT, middle), term);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    /** Term at a place in the directory. */
    public int term(int place) {
        return NativeMemory.intAt(columns.terms().address(), place);
    }

    /** First posting of the term at a place; the next place's start is its end. */
    public long postingStart(int place) {
        return NativeMemory.longAt(columns.starts().address(), place);
    }

    /** Row of the term at a place if it is blocked, or -1. */
    public int blockedRow(int place) {
        return columns.blocks().rows() == 0 ? -1 : columns.rows().getAtIndex(ValueLayout.JAVA_INT, place);
    }

    /** The blocked terms; none in segments of the write buffer. */
    public BlockColumns blocks() {
        return columns.blocks();
    }

    /** Where in {@link #listedDocuments} those of the term at a place begin; the term must not be blocked. */
    public long documentStart(int place) {
        return columns.blocks().rows() == 0
                ? postingStart(place)
                : columns.documentStarts().getAtIndex(ValueLayout.JAVA_LONG, place);
    }

    /** Local documents of the postings of terms that are not blocked, ints. */
    public MemorySegment listedDocuments() {
        return columns.documents();
    }

    /** Number of postings of the term at a place. */
    public int postings(int place) {
        return (int) (postingStart(place + 1) - postingStart(place));
    }

    /**
     * Local documents of the term at a place, ascending, blocked or not.
     *
     * @param into takes them; at least {@link #postings} long
     */
    public void readDocuments(int place, int[] into) {
        readDocuments(place, into, 0, postings(place));
    }

    private void readDocuments(int place, int[] into, int at, int count) {
        int row = blockedRow(place);
        if (row >= 0) {
            columns.blocks().readDocuments(row, into, at);
        } else {
            NativeMemory.readInts(
                    columns.documents().address() + documentStart(place) * Integer.BYTES, into, at, count);
        }
    }

    /**
     * The postings of the term at a place, ascending by document.
     *
     * @param documents takes the local documents, from {@code at} on
     * @param weights takes the weights: impacts, or the bits of floats
     */
    void readPostings(int place, int[] documents, int[] weights, int at) {
        int count = postings(place);
        readDocuments(place, documents, at, count);
        long start = postingStart(place);
        long address = columns.weights().address();
        if (format == Format.FLOAT32) {
            NativeMemory.readInts(address + start * Float.BYTES, weights, at, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            weights[at + i] = NativeMemory.unsignedByte(address + start + i);
        }
    }

    /** Weight of each posting: floats, or unsigned bytes under {@link Format#UINT8}. */
    public MemorySegment postingWeights() {
        return columns.weights();
    }

    /** Ordinal of a local document. */
    public long ordinal(int document) {
        return columns.ordinals().getAtIndex(ValueLayout.JAVA_LONG, document);
    }

    /** Whether local documents are in the order of their ordinals. */
    public boolean inOrdinalOrder() {
        return columns.byOrdinal().byteSize() == 0;
    }

    /** Lowest ordinal; the segment must have a document. */
    public long firstOrdinal() {
        return ordinal(byOrdinal(0));
    }

    /** Highest ordinal; the segment must have a document. */
    public long lastOrdinal() {
        return ordinal(byOrdinal(info.documents() - 1));
    }

    /** Local document with an ordinal, or -1. */
    public int findOrdinal(long ordinal) {
        int low = 0;
        int high = info.documents() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int document = byOrdinal(middle);
            long here = ordinal(document);
            if (here == ordinal) {
                return document;
            }
            if (here < ordinal) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    /** The n-th local document by ascending ordinal. */
    private int byOrdinal(int n) {
        return inOrdinalOrder() ? n : columns.byOrdinal().getAtIndex(ValueLayout.JAVA_INT, n);
    }

    /** Id of a local document. */
    public DocumentId id(int document) {
        long start = idStart(document);
        byte[] id = new byte[(int) (idStart(document + 1) - start)];
        MemorySegment.copy(columns.idBytes(), ValueLayout.JAVA_BYTE, start, id, 0, id.length);
        return new DocumentId(id);
    }

    /** Orders two documents by their ids, as unsigned bytes, without allocating. */
    public int compareIds(int document, Segment other, int otherDocument) {
        long start = idStart(document);
        long end = idStart(document + 1);
        long otherStart = other.idStart(otherDocument);
        long otherEnd = other.idStart(otherDocument + 1);
        long differ =
                MemorySegment.mismatch(columns.idBytes(), start, end, other.columns.idBytes(), otherStart, otherEnd);
        if (differ < 0) {
            return 0;
        }
        if (start + differ == end || otherStart + differ == otherEnd) {
            return Long.compare(end - start, otherEnd - otherStart);
        }
        return Byte.compareUnsigned(
                columns.idBytes().get(ValueLayout.JAVA_BYTE, start + differ),
                other.columns.idBytes().get(ValueLayout.JAVA_BYTE, otherStart + differ));
    }

    int idLength(int document) {
        return (int) (idStart(document + 1) - idStart(document));
    }

    /** Adds a document of this segment to another. */
    void copyDocument(int document, SegmentAssembler into) {
        into.addDocument(ordinal(document), columns.idBytes(), idStart(document), idLength(document));
    }

    private long idStart(int document) {
        return columns.idStarts().getAtIndex(ValueLayout.JAVA_LONG, document);
    }
}
