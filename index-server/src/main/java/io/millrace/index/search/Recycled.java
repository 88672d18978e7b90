package io.millrace.index.search;

import java.util.ArrayDeque;
import java.util.function.Supplier;

/**
 * Working memory of searches that is used again. Not a thread's own: servers search on the threads of their calls, of which there
 * is a new one each time. The last one given back is taken first, since most of it is still in a cache. Safe for any thread.
 */
final class Recycled<T> {
    // More searches at a time than cores make all of them slower, so that nobody should come often.
    private static final int MOST_KEPT = 2 * Runtime.getRuntime().availableProcessors();

    private final Supplier<T> make;
    private final ArrayDeque<T> idle = new ArrayDeque<>(MOST_KEPT);

    Recycled(Supplier<T> make) {
        this.make = make;
    }

    /** One that nobody else has. */
    T take() {
        T last;
        synchronized (idle) {
            last = idle.pollLast();
        }
        return last == null ? make.get() : last;
    }

    /** Takes one back for others. One whose search has failed half way is not given back. */
    void giveBack(T used) {
        synchronized (idle) {
            if (idle.size() < MOST_KEPT) {
                idle.addLast(used);
            }
        }
    }
}
