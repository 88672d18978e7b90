package io.millrace.encoder.batch;

import io.millrace.encoder.batch.EncodeJob.Slot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * Waiting requests of one role. Texts are taken in order of arrival into a window, sorted by length, and cut into
 * batches from the longest on, so that texts of about one length share a batch.
 *
 * <p>A long text that is read in pieces counts as that many texts here. Padded tokens are a batch's cost: its longest text
 * times its number of texts. A batch grows until the budget or the
 * allowed share of padding is reached; as lengths only fall from there, the share of every batch holds by construction.
 * A window is finished before the next is filled, so no text waits for more than the windows before its own. One thread.
 */
final class SortedWindow {
    private final int budgets;
    private final double maxPaddingShare;
    private final Deque<EncodeJob> unplanned = new ArrayDeque<>();
    private final Deque<Slot> window = new ArrayDeque<>(); // longest first

    /**
     * An empty window.
     *
     * @param budgets size of a window, in token budgets: more sort better but answer later
     * @param maxPaddingShare most padding in a batch, as a share of its padded tokens, below 1; 1 = any
     */
    SortedWindow(int budgets, double maxPaddingShare) {
        this.budgets = budgets;
        this.maxPaddingShare = maxPaddingShare;
    }

    void add(EncodeJob job) {
        unplanned.add(job);
    }

    /** The next texts to encode together, their padded tokens within the budget; empty if nothing waits. */
    List<Slot> next(int tokenBudget) {
        List<Slot> batch = new ArrayList<>();
        int longest = 0;
        long tokens = 0;
        while (true) {
            if (batch.isEmpty() && window.isEmpty() && !refill(tokenBudget)) {
                return batch;
            }
            Slot slot = window.peek();
            if (slot == null) {
                return batch;
            }
            if (slot.job().finished()) { // dropped or failed since it was planned
                window.remove();
                continue;
            }
            longest = Math.max(longest, slot.tokens());
            long padded = (long) longest * (batch.size() + 1);
            boolean fits = padded <= tokenBudget && padded - tokens - slot.tokens() <= maxPaddingShare * padded;
            // A text above the budget goes alone: it must go somewhere.
            if (!fits && !batch.isEmpty()) {
                return batch;
            }
            batch.add(window.remove());
            tokens += slot.tokens();
        }
    }

    private boolean refill(int tokenBudget) {
        List<Slot> taken = new ArrayList<>();
        long tokens = 0;
        long limit = (long) budgets * tokenBudget;
        while (tokens < limit) {
            EncodeJob job = unplanned.peek();
            if (job == null) {
                break;
            }
            if (job.finished() || !job.hasUnplanned()) {
                unplanned.remove();
                continue;
            }
            Slot slot = job.plan();
            tokens += slot.tokens();
            taken.add(slot);
        }
        taken.sort(Comparator.comparingInt(Slot::tokens).reversed());
        window.addAll(taken);
        return !taken.isEmpty();
    }
}
