package io.millrace.deploy.mine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A query's line of the file.
 *
 * @param queryId id of the query
 * @param positives ids of documents that answer it
 * @param system name that the negatives stand under
 * @param negatives hits that do not, best first
 */
record MinedQuery(String queryId, List<String> positives, String system, List<Negative> negatives) {
    /**
     * A hit that is no positive.
     *
     * @param id of the document
     * @param rank among all hits, positives included, from 1
     * @param score of the search
     */
    record Negative(String id, int rank, float score) {}

    /** The line's fields; rank and score stand beside the ids, where readers of the plain form pass over them. */
    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("qid", queryId);
        fields.put("pos", positives);
        fields.put("neg", Map.of(system, negatives.stream().map(Negative::id).toList()));
        fields.put(
                "ranks", Map.of(system, negatives.stream().map(Negative::rank).toList()));
        fields.put(
                "scores", Map.of(system, negatives.stream().map(Negative::score).toList()));
        return fields;
    }
}
