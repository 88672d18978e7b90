package io.millrace.index.fsck;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * A set of ordinals, one bit each. Pages of {@value #PAGE} ordinals come with the first of theirs, so that neither a shard that
 * has replaced most of its versions nor a wild number takes memory for what is not there. For one thread.
 */
final class OrdinalSet {
    // 8 KiB.
    private static final int PAGE = 1 << 16;

    private final Map<Long, BitSet> pages = new HashMap<>();
    private long size;

    /** Adds an ordinal; says whether it is new. */
    boolean add(long ordinal) {
        BitSet page = pages.computeIfAbsent(Math.floorDiv(ordinal, PAGE), number -> new BitSet(PAGE));
        int bit = Math.floorMod(ordinal, PAGE);
        if (page.get(bit)) {
            return false;
        }
        page.set(bit);
        size++;
        return true;
    }

    boolean contains(long ordinal) {
        BitSet page = pages.get(Math.floorDiv(ordinal, PAGE));
        return page != null && page.get(Math.floorMod(ordinal, PAGE));
    }

    long size() {
        return size;
    }
}
