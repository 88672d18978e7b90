package io.millrace.index.search;

import io.millrace.index.segment.BlockColumns;

/**
 * The inner loops of a search over blocked terms. Rows and factors are those of the query's terms; all sums are floats, whose
 * rounding whoever compares them allows for. Stateless.
 */
sealed interface BlockKernel permits ScalarBlockKernel, VectorBlockKernel {
    /** The loops that suit this processor. */
    static BlockKernel suitable() {
        boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        return vectors && VectorBlockKernel.isFast() ? new VectorBlockKernel() : new ScalarBlockKernel();
    }

    /**
     * Adds to the bound of each superblock what some terms can contribute there at most.
     *
     * @param count number of terms
     * @param bounds float [{@link BlockColumns#stride}]
     */
    void boundSuperblocks(BlockColumns columns, int[] rows, float[] factors, int count, float[] bounds);

    /**
     * Adds to the bounds of some superblocks' blocks what some terms can contribute there at most.
     *
     * @param from first of the terms
     * @param to end of the terms
     * @param bounded superblocks; what their blocks gain, the rest of the superblock loses
     */
    void boundBlocks(BlockColumns columns, int[] rows, float[] factors, int from, int to, Superblocks bounded);

    /** Keeps those superblocks of which a block could still get above a threshold; the bounds of the others become zero. */
    void keepSuperblocks(float threshold, Superblocks bounded);

    /**
     * Adds some pairs' weights times a factor to the sums of their blocks' documents.
     *
     * @param weights address of the segment's weights, floats
     */
    void addFloats(long weights, Pairs pairs, float factor, float[] sums);

    /** The same with weights that are unsigned bytes. */
    void addBytes(long weights, Pairs pairs, float factor, float[] sums);

    /**
     * Adds all weights of a blocked term in some chunks times a factor to their documents' sums, exactly: products of floats are
     * exact in doubles.
     *
     * @param weights address of the segment's weights, floats
     * @param sums of documents, the first of the first chunk at 0
     */
    void addRow(BlockColumns columns, int row, Range chunks, long weights, double factor, double[] sums);

    /** The same with weights that are unsigned bytes, in sums that wrap around. */
    void addRow(BlockColumns columns, int row, Range chunks, long weights, int factor, int[] sums);

    /**
     * Chunks next to one another.
     *
     * @param first the first of them
     * @param end behind the last
     */
    record Range(int first, int end) {}

    /**
     * Keeps those slots whose best document could still get above a threshold.
     *
     * @param slots which blocks' sums to look at; those kept move to the front, in order
     * @param rest what terms still to come can add at most, by slot
     * @return number of slots kept
     */
    int keepAbove(float threshold, int[] slots, int count, float[] rest, float[] sums);

    /** Bits of a block's documents whose sum is above a threshold. */
    long above(float threshold, int slot, float[] sums);

    /** Places of a float array, ascending, whose value is above a threshold; returns how many were written. */
    int collectAbove(float threshold, float[] values, int count, int[] into);

    /** Superblocks whose blocks are being bounded. */
    final class Superblocks {
        /** Number of each, ascending; its place here is that of its bounds. */
        int[] numbers = new int[0];

        /** By place: bounds of its blocks so far, float [places × {@link BlockColumns#SUPERBLOCK_BLOCKS}]. */
        float[] bounds = new float[0];

        /** By place: what terms still to come can add to one of its blocks at most. */
        float[] rest = new float[0];

        /** Places that are still looked at, ascending. */
        int[] places = new int[0];

        int kept;

        void reserve(int most) {
            if (numbers.length < most) {
                numbers = new int[most];
                bounds = new float[most * BlockColumns.SUPERBLOCK_BLOCKS];
                rest = new float[most];
                places = new int[most];
            }
        }
    }

    /** Pairs of one term that are to be added. */
    final class Pairs {
        /** Documents of each. */
        int[] masks = new int[256];

        /** First posting of each. */
        long[] postings = new long[256];

        /** Where the sums of its block are. */
        int[] slots = new int[256];

        int count;

        void reserve(int most) {
            if (masks.length < most) {
                int length = Math.max(most, 2 * masks.length);
                masks = new int[length];
                postings = new long[length];
                slots = new int[length];
            }
        }
    }
}
