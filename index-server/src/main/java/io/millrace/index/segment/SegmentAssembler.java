package io.millrace.index.segment;

import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.WeightScheme.Format;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Fills a segment front to back: first every document, then every term with its postings. For one thread; used by
 * loading and merging, which know the size beforehand.
 *
 * <p>Every violation of the announced size or of an order throws {@link IllegalStateException}, so that damaged input
 * can not become a segment. {@link #abandon} frees the memory if the segment is not finished.
 */
public final class SegmentAssembler {
    private final Format format;
    private final SegmentInfo capacity;
    private final SegmentColumns columns;
    private int documents;
    private int terms;
    private long postings;
    private long idBytes;
    // Document of the last posting of the current term; -1 right after the term began.
    private int lastDocument = -1;

    /** @param capacity the most that will be added; documents, postings and id bytes must be exact */
    public SegmentAssembler(Format format, SegmentInfo capacity) {
        this.format = format;
        this.capacity = capacity;
        this.columns = SegmentColumns.allocate(format, capacity);
    }

    /** Adds the next document; its id is {@code length} bytes of {@code source}. */
    public void addDocument(long ordinal, MemorySegment source, long offset, int length) {
        require(documents < capacity.documents(), "more documents than announced");
        require(documents == 0 || ordinal > ordinalAt(documents - 1), "document ordinals do not ascend");
        require(length > 0 && idBytes + length <= capacity.idBytes(), "document ids longer than announced");
        columns.ordinals().setAtIndex(ValueLayout.JAVA_LONG, documents, ordinal);
        MemorySegment.copy(source, offset, columns.idBytes(), idBytes, length);
        idBytes += length;
        documents++;
        columns.idStarts().setAtIndex(ValueLayout.JAVA_LONG, documents, idBytes);
    }

    /** Begins the next term. */
    public void beginTerm(int term) {
        require(terms < capacity.terms(), "more terms than announced");
        require(
                terms == 0
                        || Integer.compareUnsigned(columns.terms().getAtIndex(ValueLayout.JAVA_INT, terms - 1L), term)
                                < 0,
                "terms do not ascend");
        require(terms == 0 || lastDocument >= 0, "a term has no posting");
        columns.terms().setAtIndex(ValueLayout.JAVA_INT, terms, term);
        terms++;
        columns.starts().setAtIndex(ValueLayout.JAVA_LONG, terms, postings);
        lastDocument = -1;
    }

    /** Adds a posting of the current term; its weight is entry {@code index} of {@code weights}, in the same format. */
    public void addPosting(int document, MemorySegment weights, long index) {
        require(terms > 0, "a posting comes before any term");
        require(document > lastDocument && document < capacity.documents(), "posting documents do not ascend");
        require(postings < capacity.postings(), "more postings than announced");
        columns.documents().setAtIndex(ValueLayout.JAVA_INT, postings, document);
        if (format == Format.UINT8) {
            columns.weights().set(ValueLayout.JAVA_BYTE, postings, weights.get(ValueLayout.JAVA_BYTE, index));
        } else {
            columns.weights()
                    .setAtIndex(
                            ValueLayout.JAVA_FLOAT,
                            postings,
                            weights.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * Float.BYTES));
        }
        lastDocument = document;
        postings++;
        columns.starts().setAtIndex(ValueLayout.JAVA_LONG, terms, postings);
    }

    /** The finished segment, held once by the caller. */
    public Segment finish() {
        require(documents == capacity.documents(), "fewer documents than announced");
        require(postings == capacity.postings(), "fewer postings than announced");
        require(idBytes == capacity.idBytes(), "document ids shorter than announced");
        return new Segment(new SegmentInfo(capacity.id(), documents, terms, postings, idBytes), format, columns);
    }

    /** Frees the memory of a segment that will not be finished. */
    public void abandon() {
        columns.arena().close();
    }

    private long ordinalAt(int document) {
        return columns.ordinals().getAtIndex(ValueLayout.JAVA_LONG, document);
    }

    private void require(boolean holds, String violation) {
        if (!holds) {
            throw new IllegalStateException(
                    "segment " + capacity.id() + ": " + violation + " (announced: " + capacity + ")");
        }
    }
}
