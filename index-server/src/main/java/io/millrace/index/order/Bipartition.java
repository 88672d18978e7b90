package io.millrace.index.order;

import java.util.Arrays;
import java.util.concurrent.RecursiveAction;
import java.util.function.BooleanSupplier;

/**
 * A range of documents on two sides of fixed sizes, and the search for sides with a lower cost: what the gaps of all
 * posting lists take in bits if each list lies evenly over its side (Dhulipala et al. 2016, eq. 1), the sum over terms
 * and sides of {@code degree * log2(size / (degree + 1))}.
 *
 * <p>Each round computes for every document what its change of sides would gain, given that the others stay, and then
 * gives the right side to the documents that are drawn there most. For one thread of a pool, which shares the gains of
 * large ranges with the others.
 */
final class Bipartition {
    // The constants are measured on 231,621 documents of a learned sparse encoder, 40 terms of each, with the top 10 of
    // 300 queries: how many of 14,476 blocks of 16 reach the final threshold with their bounds. As it stands, 153.
    //
    // The paper's 20. Most ranges end sooner by STILL: 40 gain nothing, 12 leave 157 blocks.
    private static final int ROUNDS = 20;
    // Each round asks for this many bits more of a change, because all change at once: otherwise documents chase their
    // like from side to side. Without it 162 blocks and a third more time; with twice as much, 155.
    private static final float COOLING = 0.25f;
    // A range is done when at most this part of its documents changed sides. A third of it finds nothing better in 9 %
    // more time; at 0.02 it takes 20 % less time and 157 blocks.
    private static final float STILL = 0.006f;
    // The gains of fewer documents are not worth a task of their own.
    private static final int UNSHARED = 1 << 14;

    // Of an entry of drawn, beside the place.
    private static final long RIGHT = 1L << 31;
    // By degree; larger degrees are too few to matter.
    private static final float[] MARGINAL = new float[1 << 12];

    static {
        for (int degree = 1; degree < MARGINAL.length; degree++) {
            MARGINAL[degree] = (float) exactMarginal(degree);
        }
    }

    private final RangeTerms range;
    // Documents on the left side; the first ones as the range began.
    private final int leftSize;
    // By place: whether the document there is on the right side.
    private final boolean[] right;
    // By term: how many documents on the left side have it.
    private final int[] leftDegrees;
    // By term: what a document that has it gains on the right side over the left, if it is on the left or right now.
    private final float[] fromLeft;
    private final float[] fromRight;
    // Gain on the right side over the left, then the side as it is, then the place: ties change nothing.
    private final long[] drawn;

    /** @param leftSize how many documents are to be on the left side: at first the first ones */
    Bipartition(RangeTerms range, int leftSize) {
        this.range = range;
        this.leftSize = leftSize;
        this.right = new boolean[range.size()];
        this.drawn = new long[range.size()];
        this.leftDegrees = new int[range.degrees().length];
        this.fromLeft = new float[range.degrees().length];
        this.fromRight = new float[range.degrees().length];
        Arrays.fill(right, leftSize, right.length, true);
        for (int i = 0; i < range.starts()[leftSize]; i++) {
            leftDegrees[range.terms()[i]]++;
        }
    }

    /** Changes sides round after round, until little changes. */
    void improve(BooleanSupplier cancelled) {
        for (int round = 0; round < ROUNDS && !cancelled.getAsBoolean(); round++) {
            weighTerms();
            new Weighing(0, right.length, round * COOLING).invoke();
            Selection.partition(drawn, 0, drawn.length, leftSize);
            if (changeSides() <= STILL * right.length) {
                return;
            }
        }
    }

    /** Documents of the left side, in the order they had. */
    RangeTerms left() {
        return range.part(right, false, leftSize, leftDegrees);
    }

    /** Documents of the right side, in the order they had. */
    RangeTerms right() {
        int[] rightDegrees = new int[leftDegrees.length];
        for (int term = 0; term < rightDegrees.length; term++) {
            rightDegrees[term] = range.degrees()[term] - leftDegrees[term];
        }
        return range.part(right, true, range.size() - leftSize, rightDegrees);
    }

    private void weighTerms() {
        int rightSize = right.length - leftSize;
        float sizes = (float) (log2(leftSize) - log2(rightSize));
        for (int term = 0; term < leftDegrees.length; term++) {
            int onLeft = leftDegrees[term];
            int onRight = range.degrees()[term] - onLeft;
            fromLeft[term] = sizes + marginal(onRight + 1) - marginal(onLeft);
            fromRight[term] = sizes + marginal(onRight) - marginal(onLeft + 1);
        }
    }

    private void weighDocuments(int from, int to, float cooling) {
        int[] starts = range.starts();
        int[] terms = range.terms();
        for (int place = from; place < to; place++) {
            boolean isRight = right[place];
            float[] gains = isRight ? fromRight : fromLeft;
            float gain = isRight ? cooling : -cooling;
            int end = starts[place + 1];
            for (int i = starts[place]; i < end; i++) {
                gain += gains[terms[i]];
            }
            drawn[place] = (long) ascendingBits(gain) << 32 | (isRight ? RIGHT : 0) | place;
        }
    }

    /** Moves the documents that were selected for the other side; returns how many there are. */
    private int changeSides() {
        int[] starts = range.starts();
        int[] terms = range.terms();
        int changes = 0;
        for (int rank = 0; rank < drawn.length; rank++) {
            boolean wasRight = (drawn[rank] & RIGHT) != 0;
            if (wasRight != rank >= leftSize) {
                int place = (int) (drawn[rank] & ~RIGHT);
                right[place] = !wasRight;
                for (int i = starts[place]; i < starts[place + 1]; i++) {
                    leftDegrees[terms[i]] += wasRight ? 1 : -1;
                }
                changes++;
            }
        }
        return changes;
    }

    /** Bits that order as the numbers do; 0 and -0 are one. */
    private static int ascendingBits(float value) {
        int bits = Float.floatToIntBits(value + 0f);
        return bits ^ (bits >> 31 & Integer.MAX_VALUE);
    }

    /** What the last of so many documents saves: d log2(d + 1) - (d - 1) log2(d). */
    private static float marginal(int degree) {
        return degree < MARGINAL.length ? MARGINAL[degree] : (float) exactMarginal(degree);
    }

    private static double exactMarginal(int degree) {
        return degree * log2(degree + 1) - (degree - 1) * log2(degree);
    }

    private static double log2(int number) {
        // The same bits on every machine, so that the order is too.
        return StrictMath.log(number) / StrictMath.log(2);
    }

    /** Computes the gains of documents at the places [from, to), shared out until they are few. */
    @SuppressWarnings("serial") // Tasks are never serialised.
    private final class Weighing extends RecursiveAction {
        private final int from;
        private final int to;
        private final float cooling;

        Weighing(int from, int to, float cooling) {
            this.from = from;
            this.to = to;
            this.cooling = cooling;
        }

        @Override
        protected void compute() {
            if (to - from < 2 * UNSHARED) {
                weighDocuments(from, to, cooling);
            } else {
                int middle = (from + to) >>> 1;
                invokeAll(new Weighing(from, middle, cooling), new Weighing(middle, to, cooling));
            }
        }
    }
}
