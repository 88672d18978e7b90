package io.millrace.trainer.data.source;

import io.millrace.evaluation.Qrels;
import io.millrace.trainer.data.pool.Digests;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is known to answer a query, beside what a line of a file says.
 *
 * @param qrels judgements; a grade above 0 counts
 */
public record Relevance(Qrels qrels) {
    /** Nothing is known. */
    public static final Relevance UNKNOWN = new Relevance(new Qrels(Map.of()));

    /** Ids of a query's relevant documents: those given, and those judged so. */
    Set<String> of(String queryId, Set<String> given) {
        Set<String> relevant = new HashSet<>(given);
        qrels.judgements(queryId).forEach((document, grade) -> {
            if (grade > 0) {
                relevant.add(document);
            }
        });
        return relevant;
    }

    /** Digest of the judgements. */
    public String digest() {
        StringBuilder all = new StringBuilder();
        for (String id : qrels.queryIds()) {
            // Judgements of a query have no order of their own.
            all.append(id).append(new TreeMap<>(qrels.judgements(id))).append('\n');
        }
        return Digests.of(all.toString());
    }
}
