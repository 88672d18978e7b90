package io.millrace.index.order;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;

/**
 * The terms of each document, without their weights: what {@link GraphBisection} orders documents by.
 *
 * @param starts place of each document's first term, then the number of all, ascending from 0, int [D + 1]
 * @param terms terms numbered from 0, each at most once a document, its heaviest first if that is known
 * @param distinctTerms more than any term number
 */
record ForwardTerms(int[] starts, int[] terms, int distinctTerms) {
    private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

    /** @throws IllegalArgumentException if the starts do not describe the terms, or a term is out of range */
    ForwardTerms {
        if (starts.length == 0 || starts[0] != 0 || starts[starts.length - 1] != terms.length) {
            throw new IllegalArgumentException("starts must run from 0 to the number of terms, " + terms.length
                    + ", but are " + (starts.length == 0 ? "none" : starts[0] + " to " + starts[starts.length - 1]));
        }
        for (int document = 1; document < starts.length; document++) {
            if (starts[document] < starts[document - 1]) {
                throw new IllegalArgumentException("starts must ascend, but " + starts[document] + " comes after "
                        + starts[document - 1] + " at document " + document);
            }
        }
        for (int term : terms) {
            if (term < 0 || term >= distinctTerms) {
                throw new IllegalArgumentException(
                        "terms must be at least 0 and less than " + distinctTerms + ", but one is " + term);
            }
        }
    }

    /** How many documents there are. */
    int documents() {
        return starts.length - 1;
    }

    /** Posting lists, read by several threads and more than once; terms are numbered by the position of their list. */
    interface PostingLists {
        /** How many lists there are. */
        int terms();

        /** Passes a term's postings of documents in [from, to) on, in any order. */
        void forEach(int term, int from, int to, PostingConsumer consumer);
    }

    /** Takes a posting of a weight above zero. */
    @FunctionalInterface
    interface PostingConsumer {
        void accept(int document, float weight);
    }

    /**
     * Each document's {@code keep} heaviest terms, the heaviest first; of equal weights the lower number. Takes 4 bytes
     * for each term kept and 12 bytes a document, and 8 MiB for each thread (more only if a document has more than a
     * million terms).
     *
     * @param documents more than any document number of the lists
     * @param keep most terms to keep of a document, at least 1
     * @param pool its threads read the lists, after the calling thread has read them once
     * @throws IllegalArgumentException if more terms would be kept than an array can hold
     */
    static ForwardTerms heaviest(PostingLists lists, int documents, int keep, ForkJoinPool pool) {
        if (keep < 1) {
            throw new IllegalArgumentException("at least 1 term of a document must be kept, not " + keep);
        }
        int[] lengths = new int[documents];
        for (int term = 0; term < lists.terms(); term++) {
            lists.forEach(term, 0, documents, (document, weight) -> lengths[document]++);
        }
        int[] starts = new int[documents + 1];
        for (int document = 0; document < documents; document++) {
            long end = (long) starts[document] + Math.min(keep, lengths[document]);
            if (end > LONGEST_ARRAY) {
                throw new IllegalArgumentException(keep + " terms each of " + documents + " documents are more than "
                        + LONGEST_ARRAY + "; keep fewer");
            }
            starts[document + 1] = (int) end;
        }
        int[] terms = new int[starts[documents]];
        List<ForkJoinTask<?>> selections = new ArrayList<>();
        for (int from = 0; from < documents; ) {
            Window window = Window.from(from, lengths);
            selections.add(ForkJoinTask.adapt(() -> window.select(lists, starts, terms)));
            from = window.to;
        }
        pool.invoke(ForkJoinTask.adapt(() -> ForkJoinTask.invokeAll(selections)));
        return new ForwardTerms(starts, terms, lists.terms());
    }

    /**
     * Documents in [from, to) whose postings fit the memory of a thread.
     *
     * @param ends by document, beginning with {@code from}: end of its postings among those of the window
     */
    private record Window(int from, int to, int[] ends) {
        // 8 MiB: each list is entered once a window, and 16 million postings are read twice as fast as through heaps.
        private static final int POSTINGS = 1 << 20;

        /** The longest window from here, at least one document. */
        static Window from(int from, int[] lengths) {
            int to = from;
            long postings = 0;
            do {
                postings += lengths[to++];
            } while (to < lengths.length && postings + lengths[to] <= POSTINGS);
            int[] ends = Arrays.copyOfRange(lengths, from, to);
            for (int i = 1; i < ends.length; i++) {
                ends[i] += ends[i - 1];
            }
            return new Window(from, to, ends);
        }

        /** Writes the heaviest terms of each document, as many as there is room for. */
        void select(PostingLists lists, int[] starts, int[] terms) {
            // Ascending with the inverted bits of the weight, which ascend with weights above zero, then with the term.
            long[] postings = new long[ends[ends.length - 1]];
            int[] next = new int[ends.length];
            System.arraycopy(ends, 0, next, 1, ends.length - 1);
            for (int term = 0; term < lists.terms(); term++) {
                long number = term;
                lists.forEach(term, from, to, (document, weight) -> {
                    assert weight > 0 : "weights must be above zero";
                    postings[next[document - from]++] = (long) ~Float.floatToIntBits(weight) << 32 | number;
                });
            }
            for (int document = from; document < to; document++) {
                int end = ends[document - from];
                int begin = document == from ? 0 : ends[document - from - 1];
                int kept = starts[document + 1] - starts[document];
                Selection.partition(postings, begin, end, kept);
                Arrays.sort(postings, begin, begin + kept);
                for (int i = 0; i < kept; i++) {
                    terms[starts[document] + i] = (int) postings[begin + i];
                }
            }
        }
    }
}
