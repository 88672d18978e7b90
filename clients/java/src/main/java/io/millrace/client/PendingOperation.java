package io.millrace.client;

import io.millrace.v1.IngestOperation;

/** An operation without an outcome. Its mutable fields belong to {@link IngestWindow} and are guarded by its lock. */
final class PendingOperation {
    final String id;
    final IngestOperation operation;
    final int sizeBytes;

    /** Times the server answered UNAVAILABLE for it. */
    int failures;

    /** When the first of these came, {@link System#nanoTime}. */
    long firstFailureNanos;

    /** Not to be sent again before, {@link System#nanoTime}; meaningful while it is delayed. */
    long notBeforeNanos;

    /** An outcome is being delivered: later acknowledgements are repetitions. */
    boolean settled;

    PendingOperation(String id, IngestOperation operation) {
        this.id = id;
        this.operation = operation;
        this.sizeBytes = operation.getSerializedSize();
    }

    long sequence() {
        return operation.getSequence();
    }
}
