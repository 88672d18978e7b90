package io.millrace.index.search;

import io.millrace.index.memory.NativeMemory;
import io.millrace.index.segment.LiveDocuments;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;
import java.util.Arrays;

/**
 * Dot products of float weights. A product of two floats is exact in double, and terms arrive in ascending order in
 * every segment, so that the sum is {@link io.millrace.vector.SparseVector#dot} to the last bit.
 */
final class FloatWindow implements ScoreWindow {
    private final BlockKernel kernel;
    private final double[] sums;
    private final float[] queryWeights;

    FloatWindow(BlockKernel kernel, double[] sums, float[] queryWeights) {
        this.kernel = kernel;
        this.sums = sums;
        this.queryWeights = queryWeights;
    }

    @Override
    public void add(int queryTerm, Segment segment, long from, long to, long shift, int firstDocument) {
        int count = (int) (to - from);
        long documents = segment.listedDocuments().address() + from * Integer.BYTES;
        long weights = segment.postingWeights().address() + (from + shift) * Float.BYTES;
        double queryWeight = queryWeights[queryTerm];
        double[] into = sums;
        for (int i = 0; i < count; i++) {
            into[NativeMemory.intAt(documents, i) - firstDocument] += queryWeight * NativeMemory.floatAt(weights, i);
        }
    }

    @Override
    public void addBlocked(int queryTerm, Segment segment, int row, int firstChunk, int endChunk) {
        kernel.addRow(
                segment.blocks(),
                row,
                new BlockKernel.Range(firstChunk, endChunk),
                segment.postingWeights().address(),
                queryWeights[queryTerm],
                sums);
    }

    @Override
    public void collect(SegmentView view, int index, int firstDocument, int count, TopK top) {
        LiveDocuments live = view.live();
        double bound = top.bound();
        for (int i = 0; i < count; i++) {
            double sum = sums[i];
            // Ranked by the float that the caller sees, or shards would order ties differently than their merger.
            if (sum > bound && live.contains(firstDocument + i) && top.offer((float) sum, index, firstDocument + i)) {
                bound = top.bound();
            }
        }
        Arrays.fill(sums, 0, count, 0);
    }
}
