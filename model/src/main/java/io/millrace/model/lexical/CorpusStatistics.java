package io.millrace.model.lexical;

import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts a corpus, document by document, and writes the lexical model that it makes. Memory grows with the number of
 * different terms, not of documents. For one thread.
 */
public final class CorpusStatistics {
    private final LexicalSettings settings;
    private final Map<Integer, Count> counts = new HashMap<>();
    private long documents;
    private long tokens;
    private long truncatedDocuments;
    private int sharedIds;

    private static final class Count {
        /** In order of appearance; more than one where terms share the id. */
        private List<String> terms;

        private int documents;
        /** Number of the last document that has it, from 1. */
        private long last;

        Count(String term) {
            terms = List.of(term);
        }
    }

    /** Nothing counted yet. */
    public CorpusStatistics(LexicalSettings settings) {
        this.settings = settings;
    }

    /** Counts a document. One without a term changes nothing, as in Lucene, because no query finds it. */
    public void add(String text) {
        List<String> terms = settings.analysis().terms(text);
        if (terms.isEmpty()) {
            return;
        }
        documents++;
        if (terms.size() > LexicalEncoder.MAX_TOKENS) {
            truncatedDocuments++;
            terms = terms.subList(0, LexicalEncoder.MAX_TOKENS);
        }
        tokens += terms.size();
        for (String term : terms) {
            Count count = counts.computeIfAbsent(TermIds.of(term), id -> new Count(term));
            if (!count.terms.contains(term)) {
                count.terms = new ArrayList<>(count.terms);
                count.terms.add(term);
                sharedIds++;
            }
            if (count.last != documents) {
                count.last = documents;
                count.documents++;
            }
        }
    }

    /**
     * Writes the model.
     *
     * @param folder made if it is not there; a lexical model in it is replaced
     * @return what was counted
     * @throws IllegalArgumentException if no document had a term
     * @throws IOException if the folder cannot be written
     */
    public Summary write(Path folder) throws IOException {
        if (documents == 0) {
            throw new IllegalArgumentException("no document has a term under the analyzer "
                    + settings.analysis().label() + "; nothing is written");
        }
        List<TermTable.Row> rows = counts.entrySet().stream()
                .map(entry -> new TermTable.Row(
                        entry.getKey(), entry.getValue().documents, String.join(" ", entry.getValue().terms)))
                .sorted(Comparator.comparingInt(TermTable.Row::id))
                .toList();
        LexicalManifest manifest = LexicalFolder.write(folder, settings, rows, documents, tokens);
        return new Summary(documents, manifest.averageLength(), rows.size(), sharedIds, truncatedDocuments);
    }

    /**
     * What was counted.
     *
     * @param documents that have a term
     * @param averageLength of those, in terms
     * @param termIds different ids
     * @param sharedIds terms that share the id of an earlier one
     * @param truncatedDocuments longer than the {@value SparseVector#MAX_NON_ZEROS} terms that are read of a text
     */
    public record Summary(long documents, double averageLength, int termIds, int sharedIds, long truncatedDocuments) {}
}
