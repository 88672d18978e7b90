package io.millrace.encoder.batch;

import io.grpc.Status;

/**
 * Why a request was refused or dropped.
 *
 * @param code gRPC status; RESOURCE_EXHAUSTED, UNAVAILABLE and DEADLINE_EXCEEDED say that sending it again can help
 * @param message what happened, the value seen, the limit and what to do
 * @param field field of the request at fault, such as {@code texts[3]}; empty if none
 */
public record Failure(Status.Code code, String message, String field) {
    /** A failure that no single field is to blame for. */
    public Failure(Status.Code code, String message) {
        this(code, message, "");
    }
}
