package io.millrace.trainer.lexical;

import io.millrace.model.lexical.Bm25;
import io.millrace.trainer.regularizer.DocumentFrequencies;
import java.util.Arrays;

/**
 * How often tokens occur in a corpus, special ones included.
 *
 * @param frequencies documents that have each token
 * @param averageLength tokens of an average document
 */
public record TokenStatistics(DocumentFrequencies frequencies, double averageLength) {
    /** BM25's; near 0 for what every document has, such as special tokens. */
    public double idf(int token) {
        return Bm25.idf(frequencies.documents(), frequencies.counts()[token]);
    }

    /** Counts documents one by one. */
    public static final class Counter {
        private final int[] counts;
        private int documents;
        private long tokens;

        /**
         * Nothing is counted yet.
         *
         * @param columns size of the vocabulary
         */
        public Counter(int columns) {
            counts = new int[columns];
        }

        /** Counts a document, given as token ids. */
        public void add(int[] document) {
            documents++;
            tokens += document.length;
            Arrays.stream(document).distinct().forEach(token -> counts[token]++);
        }

        /** What was counted so far. */
        public TokenStatistics statistics() {
            return new TokenStatistics(
                    new DocumentFrequencies(counts.clone(), documents), tokens / (double) Math.max(1, documents));
        }
    }
}
