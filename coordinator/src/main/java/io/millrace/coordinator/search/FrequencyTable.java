package io.millrace.coordinator.search;

import io.millrace.v1.Collection;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.ShardPlacement;
import io.millrace.v1.TermStatisticsResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * In how many documents of a generation each of some terms occurs, as of one state of every shard. Terms may be added, as long
 * as the shards stay as they are; what a term counts never changes. Safe for any thread.
 *
 * @param version grows with the state; 0 = not all shards are in it
 * @param documents live documents, N
 * @param states applied index of each shard that was counted, by placement group
 * @param frequencies documents that have each term, df
 */
record FrequencyTable(long version, long documents, Map<Integer, Long> states, Map<Integer, Long> frequencies) {
    FrequencyTable {
        states = Map.copyOf(states);
    }

    /** The sum of what shards answered for terms, under a version that is still to be given. */
    static FrequencyTable sum(int[] terms, Map<ShardPlacement, TermStatisticsResponse> answers) {
        long documents = 0;
        long[] sums = new long[terms.length];
        Map<Integer, Long> states = new HashMap<>();
        for (var answer : answers.entrySet()) {
            TermStatisticsResponse counted = answer.getValue();
            documents += counted.getDocuments();
            states.put(answer.getKey().getPlacementGroup(), counted.getAppliedIndex());
            for (int i = 0; i < terms.length; i++) {
                sums[i] += Integer.toUnsignedLong(counted.getDocumentFrequencies(i));
            }
        }
        Map<Integer, Long> frequencies = new ConcurrentHashMap<>();
        for (int i = 0; i < terms.length; i++) {
            frequencies.put(terms[i], sums[i]);
        }
        return new FrequencyTable(0, documents, states, frequencies);
    }

    FrequencyTable withVersion(long given) {
        return new FrequencyTable(given, documents, states, frequencies);
    }

    /** Takes in the terms of another table of the same state. */
    void add(FrequencyTable other) {
        frequencies.putAll(other.frequencies);
    }

    boolean hasAll(Set<Integer> terms) {
        return frequencies.keySet().containsAll(terms);
    }

    boolean isWhole(Collection collection) {
        return states.size() == collection.getShardsCount();
    }

    /** Whether no shard was counted before the state that a token names. */
    boolean reached(ConsistencyToken token) {
        return token.getAppliedIndexMap().entrySet().stream()
                .allMatch(seen -> states.getOrDefault(seen.getKey(), 0L) >= seen.getValue());
    }

    /** Whether some shard was counted later than for another table. */
    boolean isAheadOf(FrequencyTable other) {
        return states.entrySet().stream()
                .anyMatch(state -> state.getValue() > other.states.getOrDefault(state.getKey(), 0L));
    }

    /** ln(1 + (N − df + 0.5) / (df + 0.5)), as in Lucene: above 0 for every term, the rarer the larger. */
    double idf(int term) {
        long frequency = frequencies.getOrDefault(term, 0L);
        return Math.log1p((documents - frequency + 0.5) / (frequency + 0.5));
    }
}
