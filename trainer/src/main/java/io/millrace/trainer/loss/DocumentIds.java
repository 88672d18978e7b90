package io.millrace.trainer.loss;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
     * @param documents id of each document row [Q · group]
     * @param positives ids of all documents known to be relevant to each query [Q]; those outside the batch do no harm
     */
    public DocumentIds(List<String> documents, List<? extends Collection<String>> positives) {
        Map<String, Integer> numbers = new HashMap<>();
        this.documents = new int[documents.size()];
        for (int row = 0; row < this.documents.length; row++) {
            Integer number = numbers.putIfAbsent(documents.get(row), numbers.size());
            this.documents[row] = number == null ? numbers.size() - 1 : number;
        }
        this.distinct = numbers.size();
        this.positives = positives.stream()
                .map(known -> known.stream()
                        .filter(numbers::containsKey)
                        .mapToInt(numbers::get)
                        .toArray())
                .toArray(int[][]::new);
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
