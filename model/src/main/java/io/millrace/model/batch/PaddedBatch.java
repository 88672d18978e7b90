package io.millrace.model.batch;

import java.util.BitSet;
import java.util.List;

/**
 * B sequences padded to T tokens, as one stack reads them. Row-major arrays are not copied; nobody changes them after
 * construction.
 *
 * <p>What padded cells hold never matters: attention gives them no weight, and pooling reads {@link #countingRows} or
 * {@link #counts}, which skip them.
 *
 * @param size number of sequences, B
 * @param width longest sequence, T; at least 1
 * @param ids token ids [B, T]; padded cells may hold any id of the vocabulary
 * @param keys cells that attention may look at [B, T]; every sequence has at least one
 * @param counts cells that take part in pooling [B, T]; every sequence that is pooled has at least one
 * @param targets token that a cell's weight is for, under heads that give one weight a cell [B, T]; -1 = none
 */
public record PaddedBatch(int size, int width, int[] ids, BitSet keys, BitSet counts, int[] targets) {
    /** A cell whose weight is for no token. */
    public static final int NO_TARGET = -1;

    /** Refuses arrays of other sizes and sequences without keys. */
    public PaddedBatch {
        if (size < 1 || width < 1 || ids.length != size * width || targets.length != ids.length) {
            throw new IllegalArgumentException(size + " texts of " + width + " tokens need " + (long) size * width
                    + " ids and targets, but there are " + ids.length + " and " + targets.length);
        }
        for (int b = 0; b < size; b++) {
            int first = keys.nextSetBit(b * width);
            if (first < 0 || first >= (b + 1) * width) {
                throw new IllegalArgumentException("text " + b + " has no cell that attention may look at");
            }
        }
    }

    /**
     * Pads texts that a stack reads as they are.
     *
     * @param texts token ids of each text; each with at least one position that counts
     * @param ignored token ids whose positions do not count
     * @param fill id for padded cells
     */
    public static PaddedBatch of(List<int[]> texts, BitSet ignored, int fill) {
        PaddedBatchBuilder cells = PaddedBatchBuilder.of(texts, 0, fill);
        for (int b = 0; b < texts.size(); b++) {
            int[] text = texts.get(b);
            for (int t = 0; t < text.length; t++) {
                cells.put(b, t, text[t]).key(b, t).target(b, t, text[t]);
                if (!ignored.get(text[t])) {
                    cells.count(b, t);
                }
            }
        }
        return cells.build();
    }

    /**
     * For each cell the row of [B * T] that pooling reads there: itself where it counts, else the first cell of the same
     * text that does. A maximum over these rows is the maximum over the counting positions, without a mask on logits.
     */
    public int[] countingRows() {
        int[] rows = new int[size * width];
        for (int b = 0; b < size; b++) {
            int first = firstCounting(b);
            for (int cell = b * width; cell < (b + 1) * width; cell++) {
                rows[cell] = counts.get(cell) ? cell : first;
            }
        }
        return rows;
    }

    private int firstCounting(int text) {
        int first = counts.nextSetBit(text * width);
        if (first < 0 || first >= (text + 1) * width) {
            throw new IllegalArgumentException(
                    "text " + text + " has no position that counts; its vector is empty without any model");
        }
        return first;
    }

    /** 1 where a position counts, else 0: [B, T]. */
    public float[] countingMask() {
        return mask(counts);
    }

    /** 1 where attention may look, else 0: [B, T]. */
    public float[] keyMask() {
        return mask(keys);
    }

    private float[] mask(BitSet cells) {
        float[] mask = new float[size * width];
        for (int cell = cells.nextSetBit(0); cell >= 0; cell = cells.nextSetBit(cell + 1)) {
            mask[cell] = 1f;
        }
        return mask;
    }
}
