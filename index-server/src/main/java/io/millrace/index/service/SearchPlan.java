package io.millrace.index.service;

import com.google.protobuf.UnsafeByteOperations;
import io.millrace.index.codec.SourceCodec;
import io.millrace.index.filter.Filter;
import io.millrace.index.rescore.RescoredSearch;
import io.millrace.index.search.Accuracy;
import io.millrace.index.search.MatchedTerm;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.SearchView;
import io.millrace.index.search.Searcher;
import io.millrace.index.shard.SearchState;
import io.millrace.service.Refusals;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.ShardHit;
import io.millrace.v1.ShardSearchRequest;
import io.millrace.v1.TermMatch;
import io.millrace.vector.SparseVector;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that a request asks for but its query, checked, and how one query is answered by it. Safe for any thread.
 *
 * @param options the request
 * @param k hits wanted
 * @param filter which documents are ranked; null = all
 * @param accuracy how much of the exact result is enough
 */
record SearchPlan(
        ShardSearchRequest options, int k, @Nullable Filter filter, Accuracy accuracy) {
    /** Checks a request's numbers. */
    static SearchPlan of(ShardSearchRequest options) {
        long k = Integer.toUnsignedLong(options.getK());
        if (k < 1 || k > Searcher.MAX_K) {
            throw Refusals.invalidArgument("k", "is " + k + "; ask for 1 to " + Searcher.MAX_K + " hits");
        }
        @Nullable Filter filter = options.hasFilter() ? FilterParser.parse(options.getFilter()) : null;
        return new SearchPlan(options, (int) k, filter, accuracy(options.getRecallTarget()));
    }

    private static Accuracy accuracy(float recallTarget) {
        if (recallTarget == 0f) {
            return Accuracy.EXACT;
        }
        try {
            return Accuracy.aimingAt(recallTarget);
        } catch (IllegalArgumentException e) {
            throw Refusals.invalidArgument(
                    "recall_target",
                    "is " + recallTarget + "; aim at " + Accuracy.LOWEST_RECALL
                            + " to 1, or leave it 0 for exact results");
        }
    }

    /** What is searched of a state: filters are applied once, for any number of queries. */
    SearchView view(SearchState state) {
        return filter == null ? state.view() : state.view().matching(filter);
    }

    /**
     * The best documents for a query.
     *
     * @param view of the state, as {@link #view} gives it
     */
    List<ScoredDocument> find(Searcher searcher, SearchState state, SearchView view, SparseVector query) {
        return options.getRescore() && view.weights().quantised()
                ? new RescoredSearch(searcher).search(view, state.documents()::vectors, query, k, accuracy)
                : searcher.search(view, query, k, accuracy);
    }

    /** What the caller gets of one of them. */
    ShardHit hit(ScoredDocument found, SparseVector query, SearchState state) {
        // As bytes, which nobody changes: a string would be made only to become the same bytes again.
        ShardHit.Builder hit = ShardHit.newBuilder()
                .setIdBytes(UnsafeByteOperations.unsafeWrap(found.id().utf8()))
                .setScore(found.score());
        if (options.getIncludeSource()) {
            hit.setSource(source(state, found.ordinal()));
        }
        if (options.getExplain()) {
            for (MatchedTerm match : MatchedTerm.of(query, state.documents().vector(found.ordinal()))) {
                hit.addMatches(TermMatch.newBuilder()
                        .setTermId(match.term())
                        .setQueryWeight(match.queryWeight())
                        .setDocumentWeight(match.documentWeight()));
            }
        }
        return hit.build();
    }

    /** Source of a live version. */
    static DocumentSource source(SearchState state, long ordinal) {
        return SourceCodec.source(ordinal, state.documents().source(ordinal));
    }
}
