package io.millrace.coordinator.search;

import io.millrace.coordinator.search.QueryEncoder.Query;
import io.millrace.v1.Collection;
import io.millrace.v1.SearchRequest;
import io.millrace.vector.SparseVector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Multiplies the lexical weights of encoded queries, which say how often a term occurs, with idf. Learned weights are the
 * model's own. Safe for any thread.
 */
record QueryWeighting(TermStatistics statistics) {
    /**
     * The same queries, ready to be scored.
     *
     * @param options of the search: a token that its statistics must have reached, and whether shards may be missing
     */
    List<Query> weigh(List<Query> queries, SearchRequest options, Collection collection, Duration timeout)
            throws InterruptedException {
        if (!collection.hasHybrid()) {
            return queries;
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        int firstId = collection.getHybrid().getFirstId();
        List<Query> weighed = new ArrayList<>(queries.size());
        while (weighed.size() < queries.size()) {
            // As many queries together as one count of terms takes, which is nearly always all of them.
            Set<Integer> terms = new HashSet<>();
            int end = weighed.size();
            while (end < queries.size() && addTerms(queries.get(end).vector(), firstId, terms)) {
                end++;
            }
            List<Query> part = queries.subList(weighed.size(), end);
            if (terms.isEmpty()) {
                weighed.addAll(part);
                continue;
            }
            long left = deadline - System.nanoTime();
            FrequencyTable table = statistics.of(
                    collection,
                    terms,
                    options.getToken(),
                    options.getAllowPartial(),
                    // Who can do without a shard must not wait for it until no time is left to ask the others.
                    Duration.ofNanos(Math.max(1, options.getAllowPartial() ? left / 2 : left)));
            part.forEach(query -> weighed.add(weigh(query, firstId, table)));
        }
        return weighed;
    }

    /** Adds a query's lexical terms, unless they would be too many together with those of others. */
    private static boolean addTerms(SparseVector query, int firstId, Set<Integer> terms) {
        int from = firstLexical(query, firstId);
        if (!terms.isEmpty() && terms.size() + query.size() - from > TermStatistics.MAX_TERMS) {
            return false;
        }
        for (int i = from; i < query.size(); i++) {
            terms.add(query.ids()[i]);
        }
        return true;
    }

    private static Query weigh(Query query, int firstId, FrequencyTable table) {
        SparseVector vector = query.vector();
        int from = firstLexical(vector, firstId);
        if (from == vector.size()) {
            return query;
        }
        float[] weights = vector.weights().clone();
        for (int i = from; i < weights.length; i++) {
            weights[i] = (float) (weights[i] * table.idf(vector.ids()[i]));
        }
        return query.weighed(new SparseVector(vector.ids(), weights), table.version());
    }

    /** Where a vector's lexical terms begin: ids ascend, and theirs come last. */
    static int firstLexical(SparseVector vector, int firstId) {
        int from = vector.size();
        while (from > 0 && Integer.compareUnsigned(vector.ids()[from - 1], firstId) >= 0) {
            from--;
        }
        return from;
    }
}
