package io.millrace.index.search;

import io.millrace.index.memory.NativeMemory;
import io.millrace.index.segment.BlockColumns;
import io.millrace.index.segment.Segment;
import io.millrace.vector.SparseVector;
import org.jspecify.annotations.Nullable;

/**
 * The terms that a query and a segment share, apart by how the segment keeps them. Weights of query and documents are floats, or
 * impacts of both as floats, whose sums are then whole numbers. Used again for the next segment; for one thread.
 */
final class SegmentQuery {
    /** Blocked terms, largest possible contribution first. */
    int blocked;

    int[] rows = new int[64];
    /** Weight of each in the query. */
    float[] weights = new float[64];
    /** The same times the unit of its maxima. */
    float[] factors = new float[64];

    /** Other terms. */
    int listed;

    long[] listStarts = new long[64];
    int[] listSizes = new int[64];
    long[] listShifts = new long[64];
    float[] listWeights = new float[64];

    /** All terms, in the order of the query: weight, row or -1, and where the list of a term without a row is. */
    private int terms;

    private float[] termWeights = new float[64];
    private int[] termRows = new int[64];
    private int[] termLists = new int[64];

    /** Finds a query's terms in a segment; with {@code impacts} they stand in for its weights. */
    void open(Segment segment, SparseVector query, @Nullable QuantisedQuery impacts) {
        reserve(query.size());
        blocked = 0;
        listed = 0;
        terms = 0;
        for (int i = 0; i < query.size(); i++) {
            int place = segment.findTerm(query.ids()[i]);
            if (place >= 0) {
                add(segment, place, impacts == null ? query.weights()[i] : impacts.impacts()[i]);
            }
        }
    }

    private void reserve(int most) {
        if (rows.length < most) {
            rows = new int[most];
            weights = new float[most];
            factors = new float[most];
            listStarts = new long[most];
            listSizes = new int[most];
            listShifts = new long[most];
            listWeights = new float[most];
            termWeights = new float[most];
            termRows = new int[most];
            termLists = new int[most];
        }
    }

    private void add(Segment segment, int place, float weight) {
        int row = segment.blockedRow(place);
        termWeights[terms] = weight;
        termLists[terms] = listed;
        termRows[terms++] = row;
        if (row < 0) {
            listStarts[listed] = segment.documentStart(place);
            listSizes[listed] = segment.postings(place);
            listShifts[listed] = segment.postingStart(place) - segment.documentStart(place);
            listWeights[listed++] = weight;
            return;
        }
        float factor = weight * segment.blocks().scale(row);
        int at = blocked++;
        while (at > 0 && factors[at - 1] < factor) {
            rows[at] = rows[at - 1];
            weights[at] = weights[at - 1];
            factors[at] = factors[at - 1];
            at--;
        }
        rows[at] = row;
        weights[at] = weight;
        factors[at] = factor;
    }

    /** Dot product with a document, exact in double: term after term, as {@link SparseVector#dot} adds them. */
    double dot(Segment segment, int document) {
        BlockColumns columns = segment.blocks();
        long documents = segment.listedDocuments().address();
        long floats = segment.postingWeights().address();
        double sum = 0;
        for (int i = 0; i < terms; i++) {
            long posting = termRows[i] >= 0
                    ? findBlocked(columns, termRows[i], document)
                    : findListed(documents, termLists[i], document);
            if (posting >= 0) {
                sum += (double) termWeights[i] * NativeMemory.floatAt(floats, posting);
            }
        }
        return sum;
    }

    /** Posting of a document in a list, or -1. */
    private long findListed(long documents, int list, int document) {
        long low = listStarts[list];
        long high = low + listSizes[list] - 1;
        while (low <= high) {
            long middle = (low + high) >>> 1;
            int here = NativeMemory.intAt(documents, middle);
            if (here == document) {
                return middle + listShifts[list];
            }
            if (here < document) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    private static long findBlocked(BlockColumns columns, int row, int document) {
        int chunk = document / BlockColumns.CHUNK_DOCUMENTS;
        int block = document / BlockColumns.BLOCK;
        long blocks = columns.blocks(row, chunk);
        // Java shifts by the low six bits: the block's number within its chunk.
        if ((blocks >>> block & 1) == 0) {
            return -1;
        }
        long starts = columns.starts(row, chunk);
        int pair = columns.pair((int) (starts >>> 32) + Long.bitCount(blocks & ((1L << block) - 1)));
        int bit = 1 << document % BlockColumns.BLOCK;
        return (pair & bit) == 0 ? -1 : (starts & 0xFFFF_FFFFL) + (pair >>> 16) + Integer.bitCount(pair & (bit - 1));
    }
}
