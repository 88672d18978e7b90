package io.millrace.model.batch;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** Fills a rectangle of cells, text by text. */
final class PaddedBatchBuilder {
    private final int size;
    private final int width;
    private final int[] ids;
    private final int[] targets;
    private final BitSet keys = new BitSet();
    private final BitSet counts = new BitSet();

    /**
     * Readies a rectangle of cells that all hold the same id and take part in nothing.
     *
     * @param size number of texts
     * @param width cells of each
     */
    PaddedBatchBuilder(int size, int width, int fill) {
        this.size = size;
        this.width = width;
        this.ids = new int[Math.multiplyExact(size, width)];
        this.targets = new int[ids.length];
        Arrays.fill(ids, fill);
        Arrays.fill(targets, PaddedBatch.NO_TARGET);
    }

    /** As wide as the longest of the texts, and some cells more. */
    static PaddedBatchBuilder of(List<int[]> texts, int extra, int fill) {
        return new PaddedBatchBuilder(texts.size(), longest(texts) + extra, fill);
    }

    static int longest(List<int[]> texts) {
        return texts.stream().mapToInt(text -> text.length).max().orElse(0);
    }

    PaddedBatchBuilder put(int text, int position, int id) {
        ids[text * width + position] = id;
        return this;
    }

    PaddedBatchBuilder key(int text, int position) {
        keys.set(text * width + position);
        return this;
    }

    PaddedBatchBuilder count(int text, int position) {
        counts.set(text * width + position);
        return this;
    }

    PaddedBatchBuilder target(int text, int position, int id) {
        targets[text * width + position] = id;
        return this;
    }

    PaddedBatch build() {
        return new PaddedBatch(size, width, ids, keys, counts, targets);
    }
}
