package io.millrace.index.order;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RecursiveAction;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Orders documents so that those with the same terms lie together, which is what lets a search pass over whole blocks:
 * recursive graph bisection (Dhulipala et al., Compressing Graphs and Indexes with Recursive Graph Bisection, KDD 2016)
 * with the selection and the cooling of Mackenzie et al. (Tradeoff Options for Bipartite Graph Partitioning, TKDE 2022).
 *
 * <p>Documents begin in the order of their first two terms. Each range of them is split in two, documents change sides
 * while that lowers the cost ({@link Bipartition}), and the halves are split in turn, down to single blocks. The order
 * depends on the terms only, never on the number of threads.
 *
 * <p>Memory beside the {@link ForwardTerms}: at most 10 bytes a posting and 29 bytes a document however many threads
 * there are, since a range lets go of its terms once its halves have theirs, and 32 bytes a distinct term for each thread.
 */
final class GraphBisection {
    private final int blockSize;
    private final BooleanSupplier cancelled;
    private final int[] order;

    private GraphBisection(int[] order, int blockSize, BooleanSupplier cancelled) {
        this.order = order;
        this.blockSize = blockSize;
        this.cancelled = cancelled;
    }

    /**
     * The document of each position [D].
     *
     * @param blockSize documents that are looked up together; those inside a block stay in no particular order
     * @param pool runs all the work; its threads are the only ones used
     * @param cancelled asked often and from several threads; once true it must stay true
     * @throws CancellationException if {@code cancelled} became true
     */
    static int[] order(ForwardTerms forward, int blockSize, ForkJoinPool pool, BooleanSupplier cancelled) {
        if (blockSize < 1) {
            throw new IllegalArgumentException("the block size must be at least 1, but is " + blockSize);
        }
        int[] order = byFirstTerms(forward);
        GraphBisection bisection = new GraphBisection(order, blockSize, cancelled);
        pool.invoke(bisection.new Range(RangeTerms.of(forward, order), 0));
        if (cancelled.getAsBoolean()) {
            throw new CancellationException("the ordering of " + order.length + " documents was cancelled");
        }
        return order;
    }

    /** Documents by their first term, then their second, then their number; those without come first. */
    private static int[] byFirstTerms(ForwardTerms forward) {
        int[] order = new int[forward.documents()];
        for (int document = 0; document < order.length; document++) {
            order[document] = document;
        }
        return sortedByTerm(forward, sortedByTerm(forward, order, 1), 0);
    }

    /** A stable counting sort by the term at this place of each document's list. */
    private static int[] sortedByTerm(ForwardTerms forward, int[] order, int place) {
        int[] next = new int[forward.distinctTerms() + 2];
        for (int document : order) {
            next[key(forward, document, place) + 1]++;
        }
        for (int key = 1; key < next.length; key++) {
            next[key] += next[key - 1];
        }
        int[] sorted = new int[order.length];
        for (int document : order) {
            sorted[next[key(forward, document, place)]++] = document;
        }
        return sorted;
    }

    private static int key(ForwardTerms forward, int document, int place) {
        int at = forward.starts()[document] + place;
        return at < forward.starts()[document + 1] ? forward.terms()[at] + 1 : 0;
    }

    /** Orders documents, which go to the positions from {@code position} on. */
    @SuppressWarnings("serial") // Tasks are never serialised.
    private final class Range extends RecursiveAction {
        // With fewer documents a task costs more than it is worth.
        private static final int FORKED = 4096;

        private final int position;
        // Until the halves are made.
        private @Nullable RangeTerms terms;

        Range(RangeTerms terms, int position) {
            this.terms = terms;
            this.position = position;
        }

        @Override
        protected void compute() {
            int size = requireNonNull(terms).size();
            if (size <= blockSize) {
                System.arraycopy(requireNonNull(terms).documents(), 0, order, position, size);
            } else if (!cancelled.getAsBoolean()) {
                List<Range> halves = halves();
                if (size > FORKED) {
                    invokeAll(halves);
                } else {
                    halves.forEach(Range::compute);
                }
            }
        }

        /** Splits the range, whose memory can go then: nothing here outlives this call, not even in a stack frame. */
        private List<Range> halves() {
            RangeTerms whole = requireNonNull(terms);
            terms = null;
            // The largest power of two blocks, so that two, four, ... blocks together are of one range as well.
            int leftSize = blockSize * Integer.highestOneBit(Math.ceilDiv(whole.size(), blockSize) - 1);
            Bipartition sides = new Bipartition(whole, leftSize);
            sides.improve(cancelled);
            return List.of(new Range(sides.left(), position), new Range(sides.right(), position + leftSize));
        }
    }
}
