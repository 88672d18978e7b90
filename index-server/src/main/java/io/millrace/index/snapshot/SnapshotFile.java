package io.millrace.index.snapshot;

/**
 * A file of a snapshot.
 *
 * @param name its name in the folder
 * @param sizeBytes its length
 * @param sha256 SHA-256 of its bytes, lower-case hexadecimal
 */
public record SnapshotFile(String name, long sizeBytes, String sha256) {}
