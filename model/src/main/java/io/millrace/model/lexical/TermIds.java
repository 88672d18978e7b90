package io.millrace.model.lexical;

import java.nio.charset.StandardCharsets;

/**
 * Ids of terms that need no dictionary: FNV-1a-64 of the term's UTF-8 bytes (offset basis 0xcbf29ce484222325, prime
 * 0x100000001b3), as an unsigned number modulo the prime 2^31 - 1. Among n terms about n² / 2^32 pairs share an id: none
 * among 30,000, some 1,700 among 2.7 million. Terms that share one are one term to BM25.
 */
public final class TermIds {
    /** Name of the rule in files; another rule gets another name. */
    static final String RULE = "fnv1a64 mod 2147483647";

    /** Ids lie in [0, COUNT). */
    static final int COUNT = Integer.MAX_VALUE;

    private TermIds() {}

    static int of(String term) {
        return (int) Long.remainderUnsigned(fnv1a64(term), COUNT);
    }

    /** FNV-1a-64 of a term's UTF-8 bytes. */
    public static long fnv1a64(String term) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : term.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * 0x100000001b3L;
        }
        return hash;
    }
}
