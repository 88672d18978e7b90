package io.millrace.index.search;

import io.millrace.index.memory.NativeMemory;
import io.millrace.index.segment.LiveDocuments;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;
import java.util.Arrays;

/** Integer dot products of impacts, as unsigned ints; see {@link QuantisedQuery} for why they fit. */
final class ImpactWindow implements ScoreWindow {
    private final BlockKernel kernel;
    private final int[] sums;
    private final QuantisedQuery query;

    ImpactWindow(BlockKernel kernel, int[] sums, QuantisedQuery query) {
        this.kernel = kernel;
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
        kernel.addRow(
                segment.blocks(),
                row,
                new BlockKernel.Range(firstChunk, endChunk),
                segment.postingWeights().address(),
                query.impacts()[queryTerm],
                sums);
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
