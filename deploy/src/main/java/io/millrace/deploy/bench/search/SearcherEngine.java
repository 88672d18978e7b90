package io.millrace.deploy.bench.search;

import io.millrace.index.rescore.RescoredSearch;
import io.millrace.index.search.Accuracy;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.Searcher;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.Shard;
import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.function.BiFunction;

/**
 * A searcher over the latest state of a shard.
 *
 * @param name what reports call it
 * @param shard what is searched
 * @param queries the queries
 * @param search finds documents
 */
record SearcherEngine(
        String name,
        Shard shard,
        List<SparseVector> queries,
        BiFunction<SearchState, SparseVector, List<ScoredDocument>> search)
        implements Engine {
    /** What a benchmark asks for: k documents and how accurate they need be. */
    record Wanted(int k, Accuracy accuracy) {}

    /** A searcher as it is. */
    static Engine of(Searcher searcher, Shard shard, List<SparseVector> queries, Wanted wanted) {
        return new SearcherEngine(
                searcher.getClass().getSimpleName(),
                shard,
                queries,
                (state, query) -> searcher.search(state.view(), query, wanted.k, wanted.accuracy));
    }

    /** A searcher whose documents are scored again by their vectors. */
    static Engine rescored(Searcher searcher, Shard shard, List<SparseVector> queries, Wanted wanted) {
        RescoredSearch rescored = new RescoredSearch(searcher);
        return new SearcherEngine(
                rescored.getClass().getSimpleName(),
                shard,
                queries,
                (state, query) ->
                        rescored.search(state.view(), state.documents()::vectors, query, wanted.k, wanted.accuracy));
    }

    @Override
    public int ask(int query) {
        return answer(query).size();
    }

    @Override
    public List<ScoredDocument> answer(int query) {
        try (SearchState state = shard.state()) {
            return search.apply(state, queries.get(query));
        }
    }
}
