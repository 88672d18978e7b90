package io.millrace.trainer.data.format;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a teacher says of the documents of a query.
 *
 * @param queryId id of the query
 * @param byDocument id of a document → score, finite, in the order of the file
 */
public record QueryScores(String queryId, Map<String, Float> byDocument) {
    /** Copies the map; its order is kept. */
    public QueryScores {
        byDocument = Collections.unmodifiableMap(new LinkedHashMap<>(byDocument));
    }
}
