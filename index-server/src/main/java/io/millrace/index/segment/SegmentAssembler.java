package io.millrace.index.segment;

import io.millrace.index.filter.FieldColumnsBuilder;
import io.millrace.index.memory.GrowingMemory;
import io.millrace.index.memory.NativeMemory;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.WeightScheme.Format;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Fills a segment front to back: first every document, then every term with its postings; metadata at any time. For one
 * thread; used by loading and merging, which know the size beforehand. Segments that are to last get their frequent terms blocked.
 *
 * <p>Every violation of the announced size or of an order throws {@link IllegalStateException}, so that damaged input
 * can not become a segment. {@link #abandon} frees the memory if the segment is not finished.
 */
public final class SegmentAssembler {
    private final Format format;
    private final SegmentInfo capacity;
    private final SegmentColumns columns;
    private final GrowingMemory termIds = new GrowingMemory();
    private final GrowingMemory starts = new GrowingMemory();
    private final GrowingMemory listed = new GrowingMemory();
    private final TermBlocking blocking;
    private final FieldColumnsBuilder fields;
    private int documents;
    private boolean inOrdinalOrder = true;
    private int terms;
    private long postings;
    private long idBytes;
    private int currentTerm;
    // Documents of the current term so far.
    private int[] current = new int[1 << 10];
    private int currentSize;

    /** @param capacity the most that will be added; documents, postings, id bytes and entries must be exact */
    public SegmentAssembler(Format format, SegmentInfo capacity) {
        this(format, capacity, TermBlocking.MIN_DOCUMENTS);
    }

    /** The same, with terms blocked from another number of documents on. */
    SegmentAssembler(Format format, SegmentInfo capacity, int blockedFrom) {
        this.format = format;
        this.capacity = capacity;
        this.columns = SegmentColumns.allocateWithoutTerms(format, capacity);
        this.blocking = new TermBlocking(blockedFrom, format, capacity, columns);
        this.fields = new FieldColumnsBuilder(capacity.documents());
    }

    /** Takes the metadata. */
    public FieldColumnsBuilder fields() {
        return fields;
    }

    /** Adds the next document; its id is {@code length} bytes of {@code source}. */
    public void addDocument(long ordinal, MemorySegment source, long offset, int length) {
        require(documents < capacity.documents(), "more documents than announced");
        require(length > 0 && idBytes + length <= capacity.idBytes(), "document ids longer than announced");
        inOrdinalOrder &= documents == 0 || ordinal > ordinalAt(documents - 1);
        columns.ordinals().setAtIndex(ValueLayout.JAVA_LONG, documents, ordinal);
        MemorySegment.copy(source, offset, columns.idBytes(), idBytes, length);
        idBytes += length;
        documents++;
        columns.idStarts().setAtIndex(ValueLayout.JAVA_LONG, documents, idBytes);
    }

    /** Documents that were announced. */
    int documents() {
        return capacity.documents();
    }

    /** Begins the next term. */
    public void beginTerm(int term) {
        endTerm();
        require(terms < capacity.terms(), "more terms than announced");
        require(terms == 0 || Integer.compareUnsigned(currentTerm, term) < 0, "terms do not ascend");
        currentTerm = term;
        termIds.putInt(term);
        starts.putLong(postings);
        terms++;
    }

    /**
     * Adds postings of the current term.
     *
     * @param documents their documents, ascending
     * @param count how many of the array
     * @param weights one for each, as the segment keeps them
     */
    public void addPostings(int[] documents, int count, MemorySegment weights) {
        addDocuments(documents, count);
        MemorySegment.copy(weights, 0, columns.weights(), postings * format.bytes(), (long) count * format.bytes());
        postings += count;
    }

    /** The same with impacts, or the bits of floats, in an array. */
    void addPostings(int[] documents, int count, int[] weights) {
        addDocuments(documents, count);
        long address = columns.weights().address() + postings * format.bytes();
        if (format == Format.FLOAT32) {
            NativeMemory.writeInts(address, weights, count);
        } else {
            for (int i = 0; i < count; i++) {
                NativeMemory.putByte(address + i, (byte) weights[i]);
            }
        }
        postings += count;
    }

    private void addDocuments(int[] documents, int count) {
        require(terms > 0, "a posting comes before any term");
        require(count <= capacity.postings() - postings, "more postings than announced");
        int last = currentSize == 0 ? -1 : current[currentSize - 1];
        for (int i = 0; i < count; i++) {
            if (documents[i] <= last) {
                require(false, "posting documents do not ascend");
            }
            last = documents[i];
        }
        require(last < capacity.documents(), "a posting's document is not there");
        if (current.length - currentSize < count) {
            current = Arrays.copyOf(current, Math.max(currentSize + count, 2 * current.length));
        }
        System.arraycopy(documents, 0, current, currentSize, count);
        currentSize += count;
    }

    private void endTerm() {
        if (terms == 0) {
            return;
        }
        require(currentSize > 0, "a term has no posting");
        long start = listed.size() / Integer.BYTES;
        if (!blocking.offer(current, currentSize, postings - currentSize, start)) {
            listed.putInts(current, currentSize);
        }
        currentSize = 0;
    }

    /** The finished segment, held once by the caller. */
    public Segment finish() {
        endTerm();
        require(documents == capacity.documents(), "fewer documents than announced");
        require(postings == capacity.postings(), "fewer postings than announced");
        require(idBytes == capacity.idBytes(), "document ids shorter than announced");
        require(
                fields.entries() == capacity.fieldEntries(),
                fields.entries() + " values of metadata, not as many as announced");
        starts.putLong(postings);
        Arena arena = columns.arena();
        SegmentColumns whole = columns.with(
                termIds.moveTo(arena),
                starts.moveTo(arena),
                listed.moveTo(arena),
                inOrdinalOrder ? MemorySegment.NULL : byOrdinal(arena));
        SegmentInfo info = new SegmentInfo(capacity.id(), documents, terms, postings, idBytes, capacity.fieldEntries());
        Segment segment = new Segment(info, format, blocking.finish(whole).with(fields.build(arena)));
        freeScratch();
        return segment;
    }

    /** Frees the memory of a segment that will not be finished. */
    public void abandon() {
        freeScratch();
        columns.arena().close();
    }

    private void freeScratch() {
        termIds.close();
        starts.close();
        listed.close();
        fields.close();
        blocking.close();
    }

    /** Local documents by ascending ordinal. */
    private MemorySegment byOrdinal(Arena arena) {
        long[] sorted = new long[documents];
        for (int document = 0; document < documents; document++) {
            sorted[document] = ordinalAt(document);
        }
        int[] order = Permutations.sorting(sorted);
        for (int i = 1; i < documents; i++) {
            require(sorted[order[i - 1]] != sorted[order[i]], "two documents have one ordinal");
        }
        MemorySegment column = arena.allocate(ValueLayout.JAVA_INT, documents);
        MemorySegment.copy(order, 0, column, ValueLayout.JAVA_INT, 0, documents);
        return column;
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
