package io.millrace.index.search;

import io.millrace.index.segment.SegmentView;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;

/**
 * Scores every live document by its forward vector and sorts all of them: slow, obvious, and the oracle that other
 * searchers are held against. Uses no posting list.
 */
public final class ExhaustiveSearcher implements Searcher {
    private final ForwardVectors vectors;

    /** @param vectors where the documents' vectors are read from */
    public ExhaustiveSearcher(ForwardVectors vectors) {
        this.vectors = vectors;
    }

    @Override
    public List<ScoredDocument> search(SearchView view, SparseVector query, int k) {
        List<ScoredDocument> hits = new ArrayList<>();
        for (SegmentView segment : view.segments()) {
            for (int document = 0; document < segment.segment().info().documents(); document++) {
                if (segment.live().contains(document)) {
                    long ordinal = segment.segment().ordinal(document);
                    float score = score(view, query, vectors.vector(ordinal));
                    if (score > 0f) {
                        hits.add(new ScoredDocument(segment.segment().id(document), score, ordinal));
                    }
                }
            }
        }
        hits.sort(ScoredDocument.BEST_FIRST);
        return hits.subList(0, Math.min(k, hits.size()));
    }

    private static float score(SearchView view, SparseVector query, SparseVector document) {
        if (!view.weights().quantised()) {
            return (float) query.dot(document);
        }
        QuantisedQuery quantised = QuantisedQuery.of(query, view.weights());
        long sum = 0;
        for (int i = 0; i < query.size(); i++) {
            float weight = document.weight(query.ids()[i]);
            if (weight > 0f) {
                sum += (long) quantised.impacts()[i] * view.weights().impact(weight);
            }
        }
        return quantised.score((int) sum);
    }
}
