package io.millrace.index.segment;

import java.util.Arrays;

/**
 * Which local documents of a segment count: those that have not been deleted or replaced and, in a search with a filter, match it.
 * Immutable; deleting makes a new one.
 */
public final class LiveDocuments {
    private static final int SUPERBLOCK_WORDS = BlockColumns.SUPERBLOCK_DOCUMENTS / Long.SIZE;

    private final long[] words;
    private final int count;

    private LiveDocuments(long[] words, int count) {
        this.words = words;
        this.count = count;
    }

    /** All of so many documents. */
    public static LiveDocuments all(int documents) {
        long[] words = new long[(documents + 63) >>> 6];
        Arrays.fill(words, -1L);
        if ((documents & 63) != 0) {
            words[words.length - 1] = (1L << (documents & 63)) - 1;
        }
        return new LiveDocuments(words, documents);
    }

    /** Whether a document is live. */
    public boolean contains(int document) {
        return (words[document >>> 6] & (1L << document)) != 0;
    }

    /** Those of a block of {@value BlockColumns#BLOCK} documents, lowest bit first. */
    public int ofBlock(int block) {
        return (int) (words[block >>> 2] >>> (block << 4)) & 0xFFFF;
    }

    /** Whether there is one in a superblock of {@value BlockColumns#SUPERBLOCK_DOCUMENTS} documents. */
    public boolean isAnyInSuperblock(int superblock) {
        int end = Math.min(words.length, (superblock + 1) * SUPERBLOCK_WORDS);
        for (int i = superblock * SUPERBLOCK_WORDS; i < end; i++) {
            if (words[i] != 0) {
                return true;
            }
        }
        return false;
    }

    /** Number of live documents. */
    public int count() {
        return count;
    }

    /** The same less some documents; those already gone are ignored. */
    public LiveDocuments without(int... documents) {
        long[] rest = words.clone();
        int left = count;
        for (int document : documents) {
            long bit = 1L << document;
            if ((rest[document >>> 6] & bit) != 0) {
                rest[document >>> 6] &= ~bit;
                left--;
            }
        }
        return new LiveDocuments(rest, left);
    }

    /** Those of which a bitmap of as many documents has the bit. */
    public LiveDocuments and(long[] bitmap) {
        long[] rest = new long[words.length];
        int left = 0;
        for (int i = 0; i < rest.length; i++) {
            rest[i] = words[i] & bitmap[i];
            left += Long.bitCount(rest[i]);
        }
        return new LiveDocuments(rest, left);
    }

    /** Bytes on the heap. */
    public long memoryBytes() {
        return (long) words.length * Long.BYTES;
    }
}
