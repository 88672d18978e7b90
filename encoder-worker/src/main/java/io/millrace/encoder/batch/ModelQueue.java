package io.millrace.encoder.batch;

import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What waits for one model, and how much of it goes together. Its windows are the owner thread's; the rest never changes. */
final class ModelQueue {
    /**
     * Texts of one model and one role that are encoded together.
     *
     * @param queue of the model
     */
    record Batch(ModelQueue queue, TextRole role, List<EncodeJob.Slot> slots) {
        boolean isEmpty() {
            return slots.isEmpty();
        }

        Batch with(List<EncodeJob.Slot> some) {
            return new Batch(queue, role, some);
        }
    }

    private final SparseEncoder encoder;
    private final TokenBudget budget;
    private final Map<TextRole, SortedWindow> windows = new EnumMap<>(TextRole.class);

    ModelQueue(SparseEncoder encoder, TokenBudget budget, BatchLimits limits) {
        this.encoder = encoder;
        this.budget = budget;
        windows.put(TextRole.QUERY, new SortedWindow(1, 1)); // one launch for what waits: latency before padding
        windows.put(TextRole.DOCUMENT, new SortedWindow(limits.windowBudgets(), limits.maxPaddingShare()));
    }

    SparseEncoder encoder() {
        return encoder;
    }

    TokenBudget budget() {
        return budget;
    }

    void add(EncodeJob job) {
        window(job.role()).add(job);
    }

    /** The next texts of a role; empty if none waits. */
    Batch next(TextRole role) {
        return new Batch(this, role, window(role).next(budget.current()));
    }

    private SortedWindow window(TextRole role) {
        return Objects.requireNonNull(windows.get(role), "every role has a window");
    }
}
