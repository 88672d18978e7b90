package io.millrace.trainer.loss;

import java.util.Arrays;

/**
 * Which document each row of a batch is, and which documents are known to be relevant to each query. With it, losses that take
 * other queries' documents as negatives leave out what is no negative: a document known to be relevant, and one that was
 * counted already because it is in the batch twice.
 */
public final class DocumentIds {
    private final int[] documents;
    private final int[][] positives;
    private final int distinct;

    /**
     * Numbers the ids that occur in the batch.
     *
     * @param documents id of each document row [Q · group]; any numbering of the caller's
     * @param positives ids of all documents known to be relevant to each query [Q][any]; those outside the batch do no harm
     */
    public DocumentIds(long[] documents, long[][] positives) {
        long[] ids = Arrays.stream(documents).sorted().distinct().toArray();
        this.distinct = ids.length;
        this.documents = Arrays.stream(documents)
                .mapToInt(id -> Arrays.binarySearch(ids, id))
                .toArray();
        this.positives = new int[positives.length][];
        for (int query = 0; query < positives.length; query++) {
            this.positives[query] = Arrays.stream(positives[query])
                    .mapToInt(id -> Arrays.binarySearch(ids, id))
                    .filter(number -> number >= 0)
                    .toArray();
        }
    }

    /** Number of document rows. */
    int documents() {
        return documents.length;
    }

    /** Number of queries. */
    int queries() {
        return positives.length;
    }

    /** The documents that may still count as negatives of a query: all but its positives, each once. */
    Admission admission(int query, int positiveRow) {
        boolean[] taken = new boolean[distinct];
        taken[documents[positiveRow]] = true;
        for (int number : positives[query]) {
            taken[number] = true;
        }
        return row -> {
            boolean first = !taken[documents[row]];
            taken[documents[row]] = true;
            return first;
        };
    }

    /** Says of rows, asked one after the other, whether they may count as negatives. */
    interface Admission {
        /** Everything may. */
        Admission ALL = row -> true;

        boolean admits(int row);
    }
}
