package io.millrace.index.segment;

import java.util.Arrays;

/** Collects the live postings of one term from several segments, and adds them to a new one in its order. For one thread. */
final class TermPostings {
    // A term in a larger share of the documents is put in order by a place for each document, others by sorting.
    // Looking for
    // the places that are taken costs a cycle for 64 documents, sorting some 30 a posting.
    private static final int SCATTERED_SHARE = 1_024;

    private final int total;
    private int[] documents = new int[1 << 10];
    // Impacts, or the bits of floats.
    private int[] weights = new int[1 << 10];
    private int size;
    private boolean ascending = true;
    // Postings to sort: document in the upper half, weight in the lower.
    private long[] keys = {};
    // A bit for each document that has the term, and its weight.
    private long[] present = {};
    private int[] placed = {};

    /** @param total documents of the new segment */
    TermPostings(int total) {
        this.total = total;
    }

    /** Takes the postings of the term at a place of a segment whose documents move; those that are dead are left out. */
    void add(Segment segment, int place, int[] moved) {
        int count = segment.postings(place);
        if (documents.length - size < count) {
            int length = Math.max(size + count, 2 * documents.length);
            documents = Arrays.copyOf(documents, length);
            weights = Arrays.copyOf(weights, length);
        }
        segment.readPostings(place, documents, weights, size);
        int last = size == 0 ? -1 : documents[size - 1];
        boolean inOrder = ascending;
        int kept = size;
        for (int i = size; i < size + count; i++) {
            int document = moved[documents[i]];
            if (document != SegmentMerger.DEAD) {
                documents[kept] = document;
                weights[kept++] = weights[i];
                inOrder &= document > last;
                last = document;
            }
        }
        size = kept;
        ascending = inOrder;
    }

    /** Adds them to the new segment; a term without any is left out. */
    void drain(int term, SegmentAssembler into) {
        if (size == 0) {
            return;
        }
        if (!ascending) {
            if (size > total / SCATTERED_SHARE) {
                scatter();
            } else {
                sort();
            }
        }
        into.beginTerm(term);
        into.addPostings(documents, size, weights);
        size = 0;
        ascending = true;
    }

    private void scatter() {
        if (placed.length == 0) {
            placed = new int[total];
            present = new long[(total + Long.SIZE - 1) / Long.SIZE];
        }
        for (int i = 0; i < size; i++) {
            present[documents[i] / Long.SIZE] |= 1L << documents[i];
            placed[documents[i]] = weights[i];
        }
        int n = 0;
        for (int word = 0; word < present.length; word++) {
            for (long bits = present[word]; bits != 0; bits &= bits - 1) {
                int document = word * Long.SIZE + Long.numberOfTrailingZeros(bits);
                documents[n] = document;
                weights[n++] = placed[document];
            }
            present[word] = 0;
        }
    }

    private void sort() {
        if (keys.length < size) {
            keys = new long[Math.max(size, 2 * keys.length)];
        }
        for (int i = 0; i < size; i++) {
            keys[i] = (long) documents[i] << Integer.SIZE | Integer.toUnsignedLong(weights[i]);
        }
        Arrays.sort(keys, 0, size);
        for (int i = 0; i < size; i++) {
            documents[i] = (int) (keys[i] >>> Integer.SIZE);
            weights[i] = (int) keys[i];
        }
    }
}
