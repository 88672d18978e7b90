package io.millrace.index.search;

import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The k best documents seen so far: a heap whose root is the worst of them. Ids are read from the segments only to
 * break ties. For one search.
 */
final class TopK {
    private static final int FIRST_CAPACITY = 64;

    private final List<SegmentView> segments;
    private final int k;
    private float[] scores;
    // Segment index in the upper half, local document in the lower.
    private long[] places;
    private int size;

    TopK(List<SegmentView> segments, int k) {
        this.segments = segments;
        this.k = k;
        int capacity = Math.min(k, FIRST_CAPACITY);
        this.scores = new float[capacity];
        this.places = new long[capacity];
    }

    /** Scores at or below this need not be offered. 0 until k documents are in. */
    float bound() {
        // A score equal to the worst may still win by its id, so the bound lies just below.
        return size < k ? 0f : Math.nextDown(scores[0]);
    }

    /** Takes a document in if it is among the best. Returns whether it was, and so whether the bound may have moved. */
    boolean offer(float score, int segment, int document) {
        if (!(score > 0f)) {
            return false;
        }
        long place = ((long) segment << 32) | document;
        if (size < k) {
            if (size == scores.length) {
                int capacity = (int) Math.min(k, 2L * size);
                scores = Arrays.copyOf(scores, capacity);
                places = Arrays.copyOf(places, capacity);
            }
            siftUp(size++, score, place);
            return true;
        }
        if (!isWorse(scores[0], places[0], score, place)) {
            return false;
        }
        siftDown(score, place);
        return true;
    }

    /** Empties the heap, best first. */
    List<ScoredDocument> drain() {
        ScoredDocument[] best = new ScoredDocument[size];
        for (int i = best.length - 1; i >= 0; i--) {
            Segment segment = segments.get((int) (places[0] >>> 32)).segment();
            int document = (int) places[0];
            best[i] = new ScoredDocument(segment.id(document), scores[0], segment.ordinal(document));
            size--;
            siftDown(scores[size], places[size]);
        }
        return new ArrayList<>(Arrays.asList(best));
    }

    private void siftUp(int from, float score, long place) {
        int hole = from;
        while (hole > 0) {
            int parent = (hole - 1) >>> 1;
            if (!isWorse(score, place, scores[parent], places[parent])) {
                break;
            }
            scores[hole] = scores[parent];
            places[hole] = places[parent];
            hole = parent;
        }
        scores[hole] = score;
        places[hole] = place;
    }

    /** Puts a document at the root and lets it sink. */
    private void siftDown(float score, long place) {
        int hole = 0;
        while (2 * hole + 1 < size) {
            int child = 2 * hole + 1;
            if (child + 1 < size && isWorse(scores[child + 1], places[child + 1], scores[child], places[child])) {
                child++;
            }
            if (!isWorse(scores[child], places[child], score, place)) {
                break;
            }
            scores[hole] = scores[child];
            places[hole] = places[child];
            hole = child;
        }
        if (hole < size) {
            scores[hole] = score;
            places[hole] = place;
        }
    }

    private boolean isWorse(float score, long place, float otherScore, long otherPlace) {
        if (score != otherScore) {
            return score < otherScore;
        }
        Segment segment = segments.get((int) (place >>> 32)).segment();
        Segment other = segments.get((int) (otherPlace >>> 32)).segment();
        return segment.compareIds((int) place, other, (int) otherPlace) > 0;
    }
}
