package io.millrace.index.search;

import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;
import org.jspecify.annotations.Nullable;

/**
 * What is searched for in one segment, and where it goes.
 *
 * @param view segment and its live documents
 * @param index of the segment in the search view
 * @param query its terms in the segment
 * @param impacts the query's impacts where weights are quantised
 * @param k documents wanted
 * @param accuracy how much bounds are trusted
 * @param top takes the best documents
 */
record SegmentSearch(
        SegmentView view,
        int index,
        SegmentQuery query,
        @Nullable QuantisedQuery impacts,
        int k,
        Accuracy accuracy,
        TopK top) {
    Segment segment() {
        return view.segment();
    }

    /** A sum of floats that a document must reach for the score that gets it in, roundings apart. */
    double leastSum() {
        float bound = top.tightBound();
        return impacts == null ? bound : Integer.toUnsignedLong(impacts.largestSumUpTo(bound));
    }

    /** The same for a score that ties with that of a sum. */
    double leastTie(float sum) {
        // Scores of whole sums are rounded: several sums may have one.
        return impacts == null
                ? sum
                : Integer.toUnsignedLong(impacts.largestSumUpTo(Math.nextDown(impacts.score((int) sum))));
    }

    /** Offers a document under its exact score. */
    void offer(int document, float sum) {
        float score = impacts == null ? (float) query.dot(segment(), document) : impacts.score((int) sum);
        if (score > top.bound()) {
            top.offer(score, index, document);
        }
    }
}
