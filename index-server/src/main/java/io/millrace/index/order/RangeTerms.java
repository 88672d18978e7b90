package io.millrace.index.order;

import java.util.Arrays;

/**
 * The terms of a range of documents, numbered anew so that tables by term are small. Left out are terms of one document,
 * which cost the same on either side, and of more than half of the documents, which have next to nothing to gain.
 * Immutable.
 *
 * @param documents document at each place
 * @param starts first of the terms of each place, then the number of all, int [documents + 1]
 * @param terms terms by place; a little longer than needed
 * @param degrees how many of the documents have each term
 */
record RangeTerms(int[] documents, int[] starts, int[] terms, int[] degrees) {
    private static final int LEFT_OUT = -1;

    /** All documents, in the order given. */
    static RangeTerms of(ForwardTerms forward, int[] order) {
        int[] degrees = new int[forward.distinctTerms()];
        for (int term : forward.terms()) {
            degrees[term]++;
        }
        Numbering numbering = Numbering.of(degrees, order.length);
        int[] starts = new int[order.length + 1];
        int[] terms = new int[numbering.postings() + 1];
        int size = 0;
        for (int place = 0; place < order.length; place++) {
            int end = forward.starts()[order[place] + 1];
            for (int i = forward.starts()[order[place]]; i < end; i++) {
                int number = numbering.numbers()[forward.terms()[i]];
                terms[size] = number;
                size += number == LEFT_OUT ? 0 : 1;
            }
            starts[place + 1] = size;
        }
        return new RangeTerms(order.clone(), starts, terms, numbering.degrees());
    }

    int size() {
        return documents.length;
    }

    /**
     * Those documents whose place is marked with {@code mark}.
     *
     * @param size how many they are
     * @param partDegrees how many of them have each term
     */
    RangeTerms part(boolean[] marks, boolean mark, int size, int[] partDegrees) {
        Numbering numbering = Numbering.of(partDegrees, size);
        int[] numbers = numbering.numbers();
        int[] partDocuments = new int[size];
        int[] partStarts = new int[size + 1];
        int[] partTerms = new int[numbering.postings() + 1];
        int next = 0;
        int posting = 0;
        for (int place = 0; place < documents.length; place++) {
            if (marks[place] == mark) {
                for (int i = starts[place]; i < starts[place + 1]; i++) {
                    int number = numbers[terms[i]];
                    partTerms[posting] = number;
                    // Overwritten by the next if left out: faster than a branch that nobody can predict.
                    posting += number == LEFT_OUT ? 0 : 1;
                }
                partDocuments[next++] = documents[place];
                partStarts[next] = posting;
            }
        }
        return new RangeTerms(partDocuments, partStarts, partTerms, numbering.degrees());
    }

    /**
     * New numbers of the terms that stay.
     *
     * @param numbers by old number; LEFT_OUT for those that go
     * @param degrees by new number
     * @param postings the sum of the degrees
     */
    private record Numbering(int[] numbers, int[] degrees, int postings) {
        static Numbering of(int[] degrees, int documents) {
            int[] numbers = new int[degrees.length];
            int[] kept = new int[degrees.length];
            int count = 0;
            int postings = 0;
            for (int term = 0; term < degrees.length; term++) {
                int degree = degrees[term];
                boolean stays = degree > 1 && degree <= documents / 2;
                numbers[term] = stays ? count : LEFT_OUT;
                if (stays) {
                    kept[count++] = degree;
                    postings += degree;
                }
            }
            return new Numbering(numbers, Arrays.copyOf(kept, count), postings);
        }
    }
}
