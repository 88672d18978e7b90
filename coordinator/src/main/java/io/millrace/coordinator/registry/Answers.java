package io.millrace.coordinator.registry;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.service.Refusals;
import io.millrace.service.blob.BlobException;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a caller is told when the store fails. */
final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    private Answers() {}

    static StatusRuntimeException of(IOException failure) {
        if (failure instanceof BlobException blob) {
            return switch (blob.reason()) {
                // Without a time to try again: it does not pass by itself.
                case NO_ROOM ->
                    Status.RESOURCE_EXHAUSTED.withDescription(blob.getMessage()).asRuntimeException();
                case BUSY -> Refusals.unavailable(blob.getMessage());
                case MISMATCH -> Refusals.invalidArgument("chunk", blob.getMessage());
                case MISSING -> Refusals.notFound(blob.getMessage());
                case FAILED -> failed(blob);
            };
        }
        return failed(failure);
    }

    private static StatusRuntimeException failed(IOException failure) {
        LOG.error("the registry's folder cannot be used", failure);
        return Status.INTERNAL
                .withDescription(
                        "the registry cannot use its folder: " + failure.getMessage() + "; see the coordinator's log")
                .asRuntimeException();
    }
}
