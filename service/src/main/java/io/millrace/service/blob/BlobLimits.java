package io.millrace.service.blob;

/**
 * How much a store may hold.
 *
 * @param blobBytes largest blob
 * @param totalBytes all blobs together, with what is announced of those under way
 * @param minFreeBytes left free on the disk
 */
public record BlobLimits(long blobBytes, long totalBytes, long minFreeBytes) {
    /** Checks the ranges. */
    public BlobLimits {
        if (blobBytes < 1 || totalBytes < 1 || minFreeBytes < 0) {
            throw new IllegalArgumentException("a blob of " + blobBytes + " bytes, " + totalBytes
                    + " bytes together and " + minFreeBytes + " bytes free: use at least 1, 1 and 0");
        }
    }
}
