package io.millrace.index.search;

import io.millrace.index.segment.BlockColumns;
import io.millrace.index.segment.LiveDocuments;
import io.millrace.index.segment.NativeMemory;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;
import java.util.Arrays;

/** Integer dot products of impacts, as unsigned ints; see {@link QuantisedQuery} for why they fit. */
final class ImpactWindow implements ScoreWindow {
    private final int[] sums;
    private final QuantisedQuery query;

    ImpactWindow(int[] sums, QuantisedQuery query) {
        this.sums = sums;
        this.query = query;
    }

    @Override
    public void add(int queryTerm, Segment segment, long from, long to, long shift, int firstDocument) {
        int count = (int) (to - from);
        long documents = segment.listedDocuments().address() + from * Integer.BYTES;
        long weights = segment.postingWeights().address() + from + shift;
        int impact = query.impacts()[queryTerm];
        int[] into = sums;
        for (int i = 0; i < count; i++) {
            into[NativeMemory.intAt(documents, i) - firstDocument] += impact * NativeMemory.unsignedByte(weights + i);
        }
    }

    @Override
    public void addBlocked(int queryTerm, Segment segment, int row, int firstChunk, int endChunk) {
        BlockColumns columns = segment.blocks();
        long weights = segment.postingWeights().address();
        int impact = query.impacts()[queryTerm];
        int[] into = sums;
        for (int chunk = firstChunk; chunk < endChunk; chunk++) {
            long blocks = columns.blocks(row, chunk);
            long starts = columns.starts(row, chunk);
            int pair = (int) (starts >>> 32);
            long posting = starts & 0xFFFF_FFFFL;
            while (blocks != 0) {
                int first = (chunk - firstChunk) * BlockColumns.CHUNK_DOCUMENTS
                        + Long.numberOfTrailingZeros(blocks) * BlockColumns.BLOCK;
                blocks &= blocks - 1;
                int mask = columns.pair(pair++) & 0xFFFF;
                while (mask != 0) {
                    into[first + Integer.numberOfTrailingZeros(mask)] +=
                            impact * NativeMemory.unsignedByte(weights + posting++);
                    mask &= mask - 1;
                }
            }
        }
    }

    @Override
    public void collect(SegmentView view, int index, int firstDocument, int count, TopK top) {
        LiveDocuments live = view.live();
        // Adding MIN_VALUE turns unsigned order into signed order.
        int bound = query.largestSumUpTo(top.bound()) + Integer.MIN_VALUE;
        for (int i = 0; i < count; i++) {
            if (sums[i] + Integer.MIN_VALUE > bound
                    && live.contains(firstDocument + i)
                    && top.offer(query.score(sums[i]), index, firstDocument + i)) {
                bound = query.largestSumUpTo(top.bound()) + Integer.MIN_VALUE;
            }
        }
        Arrays.fill(sums, 0, count, 0);
    }
}
