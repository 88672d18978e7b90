package io.millrace.index.search;

import java.util.Arrays;

/**
 * The best documents of a segment so far, judged by sums of floats. Those sums are off by some roundings: all documents that they
 * leave open are kept, and only in the end scored exactly, which costs a search for each term. Keeps its memory; for one thread.
 */
final class Contenders {
    // A float's rounding, with room: bounds are added up, and taken off again, term by term.
    private static final double ROUNDING = 0x1p-21;
    // The same near the smallest floats, which are all as coarse.
    private static final double ABSOLUTE_ROUNDING = 0x1p-120;

    private final NthLargest ranks;
    private int count;
    private int[] documents = new int[1 << 10];
    private float[] sums = new float[1 << 10];
    private double slack;
    private float threshold;

    Contenders(NthLargest ranks) {
        this.ranks = ranks;
    }

    /** Begins without a document, and with the threshold that those of other segments set. */
    void open(SegmentSearch search) {
        count = 0;
        slack = 1 - (search.query().blocked + search.query().listed + 8) * ROUNDING;
        threshold = lowered(search.leastSum());
    }

    /** A document whose sum is not above this cannot be among the best. */
    float threshold() {
        return threshold;
    }

    /** A sum less what rounding may have added to it, or kept from another. */
    private float lowered(double sum) {
        return (float) Math.max(0, sum * slack - ABSOLUTE_ROUNDING);
    }

    /** Makes room for so many more documents. */
    void reserve(int more) {
        if (count + more > documents.length) {
            int length = Math.max(count + more, 2 * documents.length);
            documents = Arrays.copyOf(documents, length);
            sums = Arrays.copyOf(sums, length);
        }
    }

    /** Takes a document that was not taken before; there must be room. */
    void add(int document, float sum) {
        documents[count] = document;
        sums[count++] = sum;
    }

    /** Raises the threshold to what the best set now, and drops those who are below it. */
    void settle(SegmentSearch search) {
        if (count < search.k()) {
            return;
        }
        float least = lowered(search.leastTie(ranks.of(sums, count, search.k())));
        int kept = 0;
        for (int i = 0; i < count; i++) {
            documents[kept] = documents[i];
            sums[kept] = sums[i];
            kept += sums[i] >= least ? 1 : 0;
        }
        count = kept;
        threshold = Math.max(threshold, least);
    }

    /** Offers all who are left. */
    void offer(SegmentSearch search) {
        for (int i = 0; i < count; i++) {
            search.offer(documents[i], sums[i]);
        }
    }
}
