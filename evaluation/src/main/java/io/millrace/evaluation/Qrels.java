package io.millrace.evaluation;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Relevance judgements: query id → document id → grade. A grade above 0 is relevant; documents without a judgement
 * count as not relevant. Immutable.
 */
public final class Qrels {
    private final Map<String, Map<String, Integer>> byQuery;

    /** Copies judgements; the order of queries is kept. */
    public Qrels(Map<String, Map<String, Integer>> byQuery) {
        Map<String, Map<String, Integer>> copy = LinkedHashMap.newLinkedHashMap(byQuery.size());
        byQuery.forEach((query, judgements) -> copy.put(query, Map.copyOf(judgements)));
        this.byQuery = Collections.unmodifiableMap(copy);
    }

    /** Ids of all judged queries, in the order of the file. */
    public Set<String> queryIds() {
        return byQuery.keySet();
    }

    /** Judgements of one query, document id → grade; empty if it was not judged. */
    public Map<String, Integer> judgements(String queryId) {
        return byQuery.getOrDefault(queryId, Map.of());
    }

    /** Number of judgements over all queries. */
    public long size() {
        return byQuery.values().stream().mapToLong(Map::size).sum();
    }
}
