package io.millrace.index.snapshot;

import io.millrace.index.record.ShardCheckpoint;
import java.time.Instant;
import java.util.List;

/**
 * What a snapshot is.
 *
 * @param checkpoint shard, applied index and number of documents
 * @param created when it was made
 * @param files every file of the database, by name
 */
public record SnapshotManifest(ShardCheckpoint checkpoint, Instant created, List<SnapshotFile> files) {
    /** Name of the manifest's file, beside those of the database. */
    public static final String FILE = "millrace-snapshot.json";

    /** Copies the list. */
    public SnapshotManifest {
        files = List.copyOf(files);
    }

    /** Bytes of all files of the database. */
    public long sizeBytes() {
        return files.stream().mapToLong(SnapshotFile::sizeBytes).sum();
    }
}
