package io.millrace.client;

import io.grpc.Status;
import io.millrace.v1.Stamp;

/** What became of one operation. */
public sealed interface IngestOutcome {
    /**
     * Durable and searchable (or, for a delete, gone).
     *
     * @param stamp its place in the order of writes to the id
     * @param truncatedTokens tokens left out because the text is longer than the model reads; 0 = none
     */
    record Applied(Stamp stamp, int truncatedTokens) implements IngestOutcome {}

    /**
     * Accepted, but a newer write to the same id, from another writer, had been applied before: that one stands.
     *
     * @param stamp its place in the order of writes to the id
     */
    record Superseded(Stamp stamp) implements IngestOutcome {}

    /**
     * Not carried out; the stream goes on.
     *
     * @param code why: {@code INVALID_ARGUMENT} for a document that can never be accepted
     * @param message what happened, the value seen, the limit and what to do
     * @param field field at fault, such as {@code source.text}; empty if none
     */
    record Refused(Status.Code code, String message, String field) implements IngestOutcome {}
}
