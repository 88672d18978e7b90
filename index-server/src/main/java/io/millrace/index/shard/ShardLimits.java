package io.millrace.index.shard;

import java.time.Duration;

/**
 * What bounds a shard's memory and work.
 *
 * @param flushDocuments documents in the write buffer at which it becomes a segment
 * @param flushPostings postings in the write buffer at which it becomes a segment
 * @param maxSegmentDocuments largest segment that a merge makes
 * @param minFreeBytes disk space below which writes are refused
 * @param quiet time without a flush or merge after which segments are merged further than writing alone would have it
 */
public record ShardLimits(
        int flushDocuments, long flushPostings, int maxSegmentDocuments, long minFreeBytes, Duration quiet) {
    // A bulk load fills the buffer so many times over its limit: fewer and larger segments are flushed, which are
    // merged
    // once instead of twice, and searches read more postings meanwhile.
    private static final int BULK_FLUSH = 4;
    // Batches of a bulk load are refused from here on, so that there is room left for others.
    private static final int BULK_OVERFULL = 6;
    // Long beside the pauses of a client that writes, short beside those of one that only searches.
    private static final Duration QUIET = Duration.ofSeconds(1);
    // Writes are refused when the buffer is this many times over its limit: flushing has fallen behind.
    private static final int OVERFULL = 8;

    /** Checks that every limit is above 0. */
    public ShardLimits {
        if (flushDocuments < 1 || flushPostings < 1 || maxSegmentDocuments < 1 || minFreeBytes < 0) {
            throw new IllegalArgumentException("flushDocuments " + flushDocuments + ", flushPostings " + flushPostings
                    + ", maxSegmentDocuments " + maxSegmentDocuments + ", minFreeBytes " + minFreeBytes
                    + ": the first three must be above 0, the last 0 or more");
        }
    }

    /** With a second of quiet. */
    public ShardLimits(int flushDocuments, long flushPostings, int maxSegmentDocuments, long minFreeBytes) {
        this(flushDocuments, flushPostings, maxSegmentDocuments, minFreeBytes, QUIET);
    }

    /** What a server uses unless told otherwise: buffers of about 10 MB, segments of a million documents. */
    public static ShardLimits defaults() {
        return new ShardLimits(8_192, 4L << 20, 1 << 20, 256L << 20);
    }

    boolean mustFlush(ShardSize size, boolean bulk) {
        return reaches(size.bufferedDocuments(), size.bufferedPostings(), bulk ? BULK_FLUSH : 1);
    }

    boolean overfull(long documents, long postings, boolean bulk) {
        return reaches(documents, postings, bulk ? BULK_OVERFULL : OVERFULL);
    }

    private boolean reaches(long documents, long postings, int times) {
        return documents >= (long) times * flushDocuments || postings >= times * flushPostings;
    }
}
