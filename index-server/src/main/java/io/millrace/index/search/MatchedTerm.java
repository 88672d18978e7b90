package io.millrace.index.search;

import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A term that both query and document have, and so a part of the score.
 *
 * @param term term id, unsigned
 * @param queryWeight weight in the query
 * @param documentWeight weight in the document, as it was written
 */
public record MatchedTerm(int term, float queryWeight, float documentWeight) {
    private static final Comparator<MatchedTerm> LARGEST_FIRST =
            Comparator.comparingDouble(MatchedTerm::product).reversed();

    /** What the term adds to the dot product. */
    public double product() {
        return (double) queryWeight * documentWeight;
    }

    /** All matched terms, largest product first, then term ascending. */
    public static List<MatchedTerm> of(SparseVector query, SparseVector document) {
        List<MatchedTerm> matches = new ArrayList<>();
        for (int i = 0; i < query.size(); i++) {
            float weight = document.weight(query.ids()[i]);
            if (weight > 0f) {
                matches.add(new MatchedTerm(query.ids()[i], query.weights()[i], weight));
            }
        }
        // A stable sort keeps terms ascending within equal products.
        matches.sort(LARGEST_FIRST);
        return matches;
    }
}
