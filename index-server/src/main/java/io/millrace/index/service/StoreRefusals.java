package io.millrace.index.service;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.index.record.StoreException;
import io.millrace.service.Refusals;
import java.time.Duration;

/** The gRPC status of each failure of storage. */
final class StoreRefusals {
    // A full disk is not freed in milliseconds.
    private static final Duration RETRY_WHEN_FULL = Duration.ofSeconds(5);

    private StoreRefusals() {}

    static StatusRuntimeException of(StoreException e) {
        return switch (e.kind()) {
            case NO_SPACE -> Refusals.overloaded(String.valueOf(e.getMessage()), RETRY_WHEN_FULL);
            case FAILED, LOCKED -> Refusals.unavailable(String.valueOf(e.getMessage()));
            case EXISTS -> Refusals.alreadyExists(String.valueOf(e.getMessage()));
            case CORRUPT, UNSUPPORTED ->
                Status.DATA_LOSS
                        .withDescription(String.valueOf(e.getMessage()))
                        .withCause(e)
                        .asRuntimeException();
        };
    }
}
