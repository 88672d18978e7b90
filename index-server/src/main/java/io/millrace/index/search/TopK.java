package io.millrace.index.search;

import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The k best documents seen so far, and some that were not told from them yet: documents gather until twice k are there, then the
 * best half is selected. That takes a constant time a document whatever k is; a heap takes ten times as long where k is thousands.
 * Ids are read from the segments only to break ties. For one search.
 */
final class TopK {
    // Beyond 2 k, so that a small k is not selected all the time.
    private static final int SLACK = 64;
    private static final int FIRST_CAPACITY = 128;

    private final List<SegmentView> segments;
    private final int k;
    private float[] scores;
    // Segment index in the upper half, local document in the lower.
    private long[] places;
    private int size;
    private float bound;

    TopK(List<SegmentView> segments, int k) {
        this.segments = segments;
        this.k = k;
        int capacity = Math.min(2 * k + SLACK, FIRST_CAPACITY);
        this.scores = new float[capacity];
        this.places = new long[capacity];
    }

    /** Scores at or below this need not be offered. 0 until k documents are in. */
    float bound() {
        return bound;
    }

    /** The highest such bound. */
    float tightBound() {
        select();
        return bound;
    }

    /** Takes a document in that may be among the best. Returns whether it did, and so whether the bound may have moved. */
    boolean offer(float score, int segment, int document) {
        if (!(score > bound)) {
            return false;
        }
        if (size == scores.length) {
            makeRoom();
            if (!(score > bound)) {
                return true;
            }
        }
        scores[size] = score;
        places[size++] = ((long) segment << Integer.SIZE) | document;
        if (size == k) {
            select();
        }
        return true;
    }

    private void makeRoom() {
        int most = 2 * k + SLACK;
        if (size < most) {
            int capacity = (int) Math.min(most, 2L * size);
            scores = Arrays.copyOf(scores, capacity);
            places = Arrays.copyOf(places, capacity);
        } else {
            select();
        }
    }

    /** Moves the k best to the front and forgets the others. */
    private void select() {
        if (size < k) {
            return;
        }
        int low = 0;
        int high = size - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            float score = scores[middle];
            long place = places[middle];
            int left = low;
            int right = high;
            while (left <= right) {
                while (isWorse(score, place, scores[left], places[left])) {
                    left++;
                }
                while (isWorse(scores[right], places[right], score, place)) {
                    right--;
                }
                if (left <= right) {
                    swap(left++, right--);
                }
            }
            if (k - 1 <= right) {
                high = right;
            } else if (k - 1 >= left) {
                low = left;
            } else {
                break;
            }
        }
        size = k;
        float worst = scores[0];
        for (int i = 1; i < k; i++) {
            worst = Math.min(worst, scores[i]);
        }
        // A score equal to the worst may still win by its id, so the bound lies just below.
        bound = Math.nextDown(worst);
    }

    private void swap(int one, int other) {
        float score = scores[one];
        scores[one] = scores[other];
        scores[other] = score;
        long place = places[one];
        places[one] = places[other];
        places[other] = place;
    }

    /** The best, best first; what was offered is forgotten. */
    List<ScoredDocument> drain() {
        select();
        ScoredDocument[] best = new ScoredDocument[size];
        int[] order = order();
        for (int i = 0; i < best.length; i++) {
            long place = places[order[i]];
            Segment segment = segmentOf(place);
            int document = (int) place;
            best[i] = new ScoredDocument(segment.id(document), scores[order[i]], segment.ordinal(document));
        }
        size = 0;
        bound = 0f;
        return Arrays.asList(best);
    }

    private int[] order() {
        long[] keys = new long[size];
        for (int i = 0; i < size; i++) {
            // Bits of floats above 0 ascend with them.
            keys[i] = (long) ~Float.floatToRawIntBits(scores[i]) << Integer.SIZE | i;
        }
        Arrays.sort(keys);
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            order[i] = (int) keys[i];
        }
        for (int from = 0; from < size; ) {
            int to = from + 1;
            while (to < size && scores[order[to]] == scores[order[from]]) {
                to++;
            }
            if (to - from > 1) {
                sortById(order, from, to);
            }
            from = to;
        }
        return order;
    }

    private void sortById(int[] order, int from, int to) {
        int[] sorted = IntStream.range(from, to)
                .mapToObj(i -> order[i])
                .sorted((one, other) -> compareIds(places[one], places[other]))
                .mapToInt(i -> i)
                .toArray();
        System.arraycopy(sorted, 0, order, from, sorted.length);
    }

    private boolean isWorse(float score, long place, float otherScore, long otherPlace) {
        if (score != otherScore) {
            return score < otherScore;
        }
        return place != otherPlace && compareIds(place, otherPlace) > 0;
    }

    private int compareIds(long place, long otherPlace) {
        return segmentOf(place).compareIds((int) place, segmentOf(otherPlace), (int) otherPlace);
    }

    private Segment segmentOf(long place) {
        return segments.get((int) (place >>> Integer.SIZE)).segment();
    }
}
