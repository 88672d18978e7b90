package io.millrace.coordinator.catalog;

import java.nio.charset.StandardCharsets;

/**
 * Which shard a document id belongs to. An id hashes to one of {@value #COUNT} slots, and slots map to shards; growing a
 * collection moves slots and never hashes again.
 *
 * <p>The slot is the upper 10 bits of fmix64(FNV-1a-64(UTF-8 bytes)): FNV-1a with offset basis 0xcbf29ce484222325 and
 * prime 0x100000001b3, then MurmurHash3's 64-bit finaliser, which spreads FNV's weak upper bits.
 */
public final class Slots {
    /** Slots of every collection. */
    public static final int COUNT = 1024;

    private Slots() {}

    /** Slot of a document id, in [0, {@value #COUNT}). */
    public static int of(String documentId) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : documentId.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * 0x100000001b3L;
        }
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return (int) ((hash ^ (hash >>> 33)) >>> 54);
    }

    /** Shard of a document id among {@code shards} that share the slots in equal, contiguous ranges. */
    public static int shardOf(String documentId, int shards) {
        return of(documentId) * shards / COUNT;
    }
}
