package io.millrace.coordinator.ingest;

import io.millrace.v1.DocumentSource;
import io.millrace.v1.IngestOperation;
import io.millrace.v1.Stamp;
import io.millrace.vector.SparseVector;
import org.jspecify.annotations.Nullable;

/**
 * One accepted operation on its way through the pipeline. Handed from stage to stage; only the stage that holds it
 * touches it.
 */
final class PendingOperation {
    /** Where its outcome goes. */
    final IngestSession session;
    /** As it came. */
    final IngestOperation operation;
    /** Orders it among all writes to its id; given once, when it was accepted. */
    final Stamp stamp;
    /** {@link System#nanoTime()} of its acceptance. */
    final long acceptedNanos = System.nanoTime();
    /** Bytes it holds in memory, about. */
    final int bytes;

    /** Set by the encode stage; stays null for a delete. */
    @Nullable
    SparseVector vector;
    /** Set by the encode stage. */
    int truncatedTokens;
    /** The next operation of the same stream on the same id: it waits for this one. Guarded by the session. */
    @Nullable
    PendingOperation successor;

    PendingOperation(IngestSession session, IngestOperation operation, Stamp stamp) {
        this.session = session;
        this.operation = operation;
        this.stamp = stamp;
        this.bytes = operation.getSerializedSize();
    }

    /** Document id. */
    String id() {
        return isPut() ? operation.getPut().getId() : operation.getDeleteId();
    }

    boolean isPut() {
        return operation.hasPut();
    }

    DocumentSource source() {
        return operation.getPut().getSource();
    }
}
