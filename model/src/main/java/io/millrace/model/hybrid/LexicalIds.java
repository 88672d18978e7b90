package io.millrace.model.hybrid;

import io.millrace.model.lexical.TermIds;

/**
 * Ids of lexical terms, which need no dictionary: first + h modulo (2³² − first), where h is fmix64(FNV-1a-64(UTF-8 bytes)),
 * MurmurHash3's finaliser over the hash of {@link TermIds#fnv1a64}, unsigned. Among n terms about n² / 2³³ pairs share an id:
 * none among 30,000, some 850 among 2.7 million. Terms that share one are one term.
 *
 * @param first the lowest id, unsigned: the size of the model's vocabulary
 */
record LexicalIds(int first) {
    /** Name of the rule; another rule gets another name. */
    static final String RULE = "first + fmix64(fnv1a64) mod (2^32 - first)";

    int of(String term) {
        long hash = TermIds.fnv1a64(term);
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        hash ^= hash >>> 33;
        long count = (1L << Integer.SIZE) - Integer.toUnsignedLong(first);
        return first + (int) Long.remainderUnsigned(hash, count);
    }
}
