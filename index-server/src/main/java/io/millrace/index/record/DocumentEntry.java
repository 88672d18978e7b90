package io.millrace.index.record;

/**
 * What a shard knows of a document id.
 *
 * @param stamp stamp of the newest write
 * @param ordinal number of the stored version, never used twice; {@link #TOMBSTONE} after a delete
 */
public record DocumentEntry(Stamp stamp, long ordinal) {
    /** Stands where a deleted document has no version. */
    public static final long TOMBSTONE = -1;

    /** Whether there is a document (rather than the memory of its deletion). */
    public boolean isLive() {
        return ordinal != TOMBSTONE;
    }
}
