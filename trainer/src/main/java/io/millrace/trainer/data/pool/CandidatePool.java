package io.millrace.trainer.data.pool;

import io.millrace.trainer.data.Passage;
import java.util.List;
import java.util.Set;

/**
 * What a query's group is drawn from.
 *
 * @param query the query
 * @param positives documents that answer it
 * @param negatives documents that may not; those that are known to are left out when they are drawn
 * @param relevant ids of all documents known to answer it
 */
public record CandidatePool(Passage query, List<Candidate> positives, Candidates negatives, Set<String> relevant) {
    /** Copies the lists. */
    public CandidatePool {
        positives = List.copyOf(positives);
        relevant = Set.copyOf(relevant);
    }
}
