package io.millrace.index.record;

/**
 * Size of an immutable segment: what must be known to open it in one pass.
 *
 * @param id number of the segment in its shard, from 1; 0 for one that lives in memory only
 * @param documents documents, deleted ones included
 * @param terms distinct terms
 * @param postings postings
 * @param idBytes bytes of all document ids together
 * @param fieldEntries values that the metadata of all documents has together
 */
public record SegmentInfo(int id, int documents, int terms, long postings, long idBytes, long fieldEntries) {
    /** A segment whose documents have no metadata. */
    public SegmentInfo(int id, int documents, int terms, long postings, long idBytes) {
        this(id, documents, terms, postings, idBytes, 0);
    }
}
