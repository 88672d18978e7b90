package io.millrace.deploy.bench.search;

import io.millrace.index.search.Accuracy;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.SearchView;
import io.millrace.index.search.Searcher;
import io.millrace.vector.SparseVector;
import java.util.List;

/**
 * An engine that always aims at one accuracy.
 *
 * @param engine that does the work
 * @param accuracy what it is told
 */
record AimedSearcher(Searcher engine, Accuracy accuracy) implements Searcher {
    @Override
    public List<ScoredDocument> search(SearchView view, SparseVector query, int k) {
        return engine.search(view, query, k, accuracy);
    }

    @Override
    public String toString() {
        return engine.getClass().getSimpleName();
    }
}
