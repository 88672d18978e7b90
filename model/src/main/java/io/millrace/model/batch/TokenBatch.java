package io.millrace.model.batch;

import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * Texts as one stack reads them, cell after cell and text after text, without padding. Arrays are not copied; nobody
 * changes them after construction.
 *
 * @param lengths cells of each text [B]; at least 1
 * @param ids token ids [N], N being the sum of the lengths
 * @param keys cells that attention may look at [N]
 * @param counts cells that take part in pooling [N]; every text that is pooled has at least one
 * @param targets token that a cell's weight is for, under heads that give one weight a cell [N]; -1 = none
 * @param seconds cells that belong to the second text of a pair [N]
 */
public record TokenBatch(int[] lengths, int[] ids, BitSet keys, BitSet counts, int[] targets, BitSet seconds) {
    /** A cell whose weight is for no token. */
    public static final int NO_TARGET = -1;

    /** Refuses lengths that do not add up to the cells. */
    public TokenBatch {
        if (lengths.length == 0
                || IntStream.of(lengths).anyMatch(length -> length < 1)
                || IntStream.of(lengths).sum() != ids.length
                || targets.length != ids.length) {
            throw new IllegalArgumentException(lengths.length + " texts of "
                    + IntStream.of(lengths).sum() + " cells need as many ids and targets, but there are " + ids.length
                    + " and " + targets.length);
        }
    }

    /** Number of texts, B. */
    public int size() {
        return lengths.length;
    }

    /** Number of cells of all texts, N. */
    public int cells() {
        return ids.length;
    }

    /** Cells of the longest text. */
    public int width() {
        return IntStream.of(lengths).max().orElse(0);
    }

    /** First cell of each text. */
    public int[] starts() {
        int[] starts = new int[lengths.length];
        for (int b = 1; b < starts.length; b++) {
            starts[b] = starts[b - 1] + lengths[b - 1];
        }
        return starts;
    }

    /** Position of each cell in its text [N]. */
    public int[] positions() {
        int[] positions = new int[ids.length];
        for (int b = 0, cell = 0; b < lengths.length; b++) {
            for (int t = 0; t < lengths[b]; t++) {
                positions[cell++] = t;
            }
        }
        return positions;
    }

    /** Text of each cell [N]. */
    public int[] owners() {
        int[] owners = new int[ids.length];
        for (int b = 0, cell = 0; b < lengths.length; b++) {
            for (int t = 0; t < lengths[b]; t++) {
                owners[cell++] = b;
            }
        }
        return owners;
    }

    /** Segment of each cell: 1 in the second text of a pair, else 0 [N]. */
    public int[] segments() {
        int[] segments = new int[ids.length];
        seconds.stream().forEach(cell -> segments[cell] = 1);
        return segments;
    }

    /** Whether attention may look at every cell. */
    public boolean allKeys() {
        return keys.cardinality() == ids.length;
    }

    /** 1 where attention may look, else 0: [N]. */
    public float[] keyMask() {
        return mask(keys);
    }

    /** 1 where a cell counts, else 0: [N]. */
    public float[] countingMask() {
        return mask(counts);
    }

    private float[] mask(BitSet cells) {
        float[] mask = new float[ids.length];
        for (int cell = cells.nextSetBit(0); cell >= 0; cell = cells.nextSetBit(cell + 1)) {
            mask[cell] = 1f;
        }
        return mask;
    }

    /**
     * A rectangle [B * width] of cells for pooling: each text's own where they count, and its first counting one in place
     * of those that do not and of those that it lacks. A maximum over a text's row of it is the maximum over the counting
     * cells, without a mask on logits.
     *
     * @throws IllegalArgumentException if no cell of a text counts
     */
    public int[] countingRows() {
        return countingRows(0, lengths.length);
    }

    /** The same for the texts [from, to) alone, as wide as the longest of them; rows are cells of the whole batch. */
    public int[] countingRows(int from, int to) {
        int width = IntStream.range(from, to).map(b -> lengths[b]).max().orElse(0);
        int[] rows = new int[(to - from) * width];
        int start = IntStream.range(0, from).map(b -> lengths[b]).sum();
        for (int b = from; b < to; b++) {
            int end = start + lengths[b];
            int first = counts.nextSetBit(start);
            if (first < 0 || first >= end) {
                throw new IllegalArgumentException(
                        "text " + b + " has no position that counts; its vector is empty without any model");
            }
            for (int t = 0; t < width; t++) {
                boolean own = start + t < end && counts.get(start + t);
                rows[(b - from) * width + t] = own ? start + t : first;
            }
            start = end;
        }
        return rows;
    }
}
