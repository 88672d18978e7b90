package io.millrace.index.fsck;

/**
 * How much was checked.
 *
 * @param shards shards
 * @param documents live documents
 * @param segments segments that the manifests name
 * @param postings postings of those, dead documents' included
 * @param bytes bytes of data files and logs
 */
public record FsckTotals(int shards, long documents, int segments, long postings, long bytes) {
    static final FsckTotals NONE = new FsckTotals(0, 0, 0, 0, 0);

    FsckTotals plus(FsckTotals more) {
        return new FsckTotals(
                shards + more.shards,
                documents + more.documents,
                segments + more.segments,
                postings + more.postings,
                bytes + more.bytes);
    }
}
