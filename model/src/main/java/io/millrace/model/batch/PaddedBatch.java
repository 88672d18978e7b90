package io.millrace.model.batch;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * B texts padded to T tokens. Row-major arrays are not copied; nobody changes them after construction.
 *
 * <p>What padded cells hold never matters: attention gives them no weight, and pooling reads {@link #countingRows} or
 * {@link #counts}, which skip them.
 *
 * @param size number of texts, B
 * @param width longest text, T; at least 1
 * @param ids token ids [B, T]; padded cells may hold any id of the vocabulary
 * @param lengths tokens of each text [B], 1 to T
 * @param counts whether a position takes part in pooling [B, T]; every text has at least one that does
 */
public record PaddedBatch(int size, int width, int[] ids, int[] lengths, BitSet counts) {
    /** Refuses arrays of other sizes and texts of which no position counts. */
    public PaddedBatch {
        if (size < 1 || width < 1 || ids.length != size * width || lengths.length != size) {
            throw new IllegalArgumentException(size + " texts of " + width + " tokens need " + (long) size * width
                    + " ids and " + size + " lengths, but there are " + ids.length + " and " + lengths.length);
        }
        for (int b = 0; b < size; b++) {
            int first = counts.nextSetBit(b * width);
            if (lengths[b] < 1 || lengths[b] > width || first < 0 || first >= b * width + lengths[b]) {
                throw new IllegalArgumentException("text " + b + " of length " + lengths[b] + " in a batch of width "
                        + width + " has no position that counts; its vector is empty without any model");
            }
        }
    }

    /**
     * Pads texts to the longest.
     *
     * @param texts token ids of each text; each with at least one position that counts
     * @param ignored token ids whose positions do not count
     * @param fill id for padded cells
     */
    public static PaddedBatch of(List<int[]> texts, BitSet ignored, int fill) {
        int width = texts.stream().mapToInt(text -> text.length).max().orElse(0);
        int[] ids = new int[texts.size() * width];
        Arrays.fill(ids, fill);
        int[] lengths = new int[texts.size()];
        BitSet counts = new BitSet(ids.length);
        for (int b = 0; b < texts.size(); b++) {
            int[] text = texts.get(b);
            lengths[b] = text.length;
            for (int t = 0; t < text.length; t++) {
                ids[b * width + t] = text[t];
                counts.set(b * width + t, !ignored.get(text[t]));
            }
        }
        return new PaddedBatch(texts.size(), width, ids, lengths, counts);
    }

    /**
     * For each cell the row of [B * T] that pooling reads there: itself where it counts, else the first cell of the same
     * text that does. A maximum over these rows is the maximum over the counting positions, without a mask on logits.
     */
    public int[] countingRows() {
        int[] rows = new int[size * width];
        for (int b = 0; b < size; b++) {
            int first = counts.nextSetBit(b * width);
            for (int cell = b * width; cell < (b + 1) * width; cell++) {
                rows[cell] = counts.get(cell) ? cell : first;
            }
        }
        return rows;
    }

    /** 1 where a position counts, else 0: [B, T]. */
    public float[] countingMask() {
        float[] mask = new float[size * width];
        counts.stream().forEach(cell -> mask[cell] = 1f);
        return mask;
    }
}
