package io.millrace.model;

import java.util.ArrayDeque;
import java.util.Deque;

/** Models and tokenizers that are freed together, the last acquired first. Safe for many threads. */
final class Resources implements AutoCloseable {
    /** Freed without checked exceptions. */
    interface Resource {
        void close();
    }

    // Guarded by this.
    private final Deque<Resource> held = new ArrayDeque<>();

    synchronized void add(Resource resource) {
        held.push(resource);
    }

    /** Frees everything. Idempotent. */
    @Override
    public synchronized void close() {
        while (!held.isEmpty()) {
            held.pop().close();
        }
    }
}
