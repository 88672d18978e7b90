package io.millrace.index.search;

import io.millrace.vector.SparseVector;
import java.util.List;

/**
 * Ranks the live documents of a view by their score against a query.
 *
 * <p>The contract every engine answers to, whatever its shortcuts: at most k documents, only those with a score above 0,
 * by score descending and then document id ascending (unsigned bytes). Under FLOAT32 the score is
 * {@link SparseVector#dot} rounded once to float; under UINT8 the integer dot product of the impacts, rescaled to
 * weights. Neither depends on which segment holds a document. Safe for any thread.
 */
@FunctionalInterface
public interface Searcher {
    /** Largest k. */
    int MAX_K = 10_000;

    /**
     * The best documents.
     *
     * @param view state to search; held by the caller until this returns
     * @param query query vector; an empty one matches nothing
     * @param k documents wanted, 1 to {@value #MAX_K}
     */
    List<ScoredDocument> search(SearchView view, SparseVector query, int k);

    /**
     * The same for less time, if the engine knows how: documents may be missing, but the scores and the order of those found are
     * as ever.
     */
    default List<ScoredDocument> search(SearchView view, SparseVector query, int k, Accuracy accuracy) {
        return search(view, query, k);
    }
}
