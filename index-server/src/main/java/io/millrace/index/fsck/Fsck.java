package io.millrace.index.fsck;

import io.millrace.index.record.StoreException;
import io.millrace.index.store.DataDirectory;
import java.nio.file.Path;

/**
 * Checks every shard of a data directory while no server has it. What must hold of a shard, after any crash:
 *
 * <ol>
 *   <li><b>Files.</b> The database opens, every block of every file matches RocksDB's checksum, and the folder has the name
 *       of the shard that its descriptor, of a known schema, describes ({@link ShardCheck}).
 *   <li><b>Records.</b> {@code META} holds descriptor, counters and manifest and nothing else; no counter is negative; the
 *       manifest's segments have distinct numbers from 1 to below its next one, and at least one document each
 *       ({@link RecordCheck}).
 *   <li><b>Values.</b> Every value decodes, with the checksum of its frame. Every number of a version (an ordinal) is at
 *       least 0 and below the next ordinal.
 *   <li><b>Documents.</b> An entry of {@code DOCS} is a tombstone or names a version, and no two name the same.
 *       {@code FWD} and {@code SOURCE} hold exactly the versions that {@code DOCS} names. {@code DELS} holds none of them; it
 *       may hold versions that are in no segment any more ({@link VersionCheck}).
 *   <li><b>Places.</b> Every version that {@code DOCS} names is in exactly one place, {@code BUF} or a segment of the manifest,
 *       under the id that names it. {@code BUF} holds no other; a segment's other versions are all in {@code DELS}. Segments
 *       lie in the manifest by ascending ordinals that do not overlap, and {@code BUF}'s come after them
 *       ({@link PlaceCheck}).
 *   <li><b>Segments.</b> Chunks in {@code IDS}, {@code POSTINGS} and {@code FILT} are numbered from 0 without gaps; documents,
 *       terms, postings, bytes of ids and values of metadata are as many as the manifest says; terms and a term's documents ascend
 *       ({@link SegmentCheck}). Segments that the manifest does not name are left over from a crash, and harmless.
 *   <li><b>Postings.</b> Those of each live document of a segment are its vector: the same terms with the same weights, equal
 *       bits under {@code FLOAT32}, equal impacts under {@code UINT8} ({@link PostingCheck}). The counter of clipped weights
 *       is no less than those that the stored vectors have.
 *   <li><b>Metadata.</b> That of each live document in {@code FILT} or {@code BUF}, which filters look at, is that of its source
 *       ({@link FieldCheck}, {@link PlaceCheck}).
 *   <li><b>Sessions.</b> Every outcome belongs to a client whose progress is on record, and its sequence is not below what
 *       that client knows to be acknowledged; ticks are below the session clock; the table is within its bounds
 *       ({@link SessionCheck}).
 * </ol>
 *
 * <p>Everything is streamed. Memory: one segment at a time, off-heap, as large as a server has it, and 12 bytes of heap
 * for each of its documents; 5 bits for each version a shard ever had, less those of long runs of versions that are all gone
 * ({@link OrdinalSet}); the log, at most some 128 MiB; and {@value Findings#KEPT} findings.
 */
public final class Fsck {
    private Fsck() {}

    /**
     * Checks all shards; repairs nothing, and changes nothing in the directory but its lock file.
     *
     * @throws StoreException if a server has the directory, or a shard is of a version that this one does not know
     * @throws IllegalArgumentException if it is no data directory
     */
    public static FsckReport check(Path directory) {
        long begun = System.nanoTime();
        Findings findings = new Findings();
        FsckTotals totals = FsckTotals.NONE;
        try (DataDirectory data = DataDirectory.inspect(directory)) {
            for (Path folder : data.shardFolders()) {
                totals = totals.plus(new ShardCheck(folder, findings).run());
            }
            for (Path folder : data.unfinishedFolders()) {
                findings.note("folder " + folder.getFileName()
                        + " is a half-made or half-dropped shard; the server removes it when it starts");
            }
        }
        return findings.report(totals, (System.nanoTime() - begun) / 1e9);
    }
}
