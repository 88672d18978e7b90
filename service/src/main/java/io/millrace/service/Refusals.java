package io.millrace.service;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.RetryInfo;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;

/** Errors that a caller can act on: each has a precise gRPC status and a sentence that says what to do. */
public final class Refusals {
    private Refusals() {}

    /** The request itself is wrong; sending it again cannot help. The message starts with the field's name. */
    public static StatusRuntimeException invalidArgument(String field, String message) {
        return Status.INVALID_ARGUMENT.withDescription(field + ": " + message).asRuntimeException();
    }

    /** The thing named does not exist. */
    public static StatusRuntimeException notFound(String message) {
        return Status.NOT_FOUND.withDescription(message).asRuntimeException();
    }

    /** The thing named exists already. */
    public static StatusRuntimeException alreadyExists(String message) {
        return Status.ALREADY_EXISTS.withDescription(message).asRuntimeException();
    }

    /** The request does not fit the state, such as another space, generation or epoch. */
    public static StatusRuntimeException failedPrecondition(String message) {
        return Status.FAILED_PRECONDITION.withDescription(message).asRuntimeException();
    }

    /** Overload: nothing was done; the caller may try again after the given time, which travels as RetryInfo. */
    public static StatusRuntimeException overloaded(String message, Duration retryAfter) {
        return StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                .setCode(Code.RESOURCE_EXHAUSTED_VALUE)
                .setMessage(message + "; try again in " + retryAfter.toMillis() + " ms")
                .addDetails(Any.pack(RetryInfo.newBuilder()
                        .setRetryDelay(com.google.protobuf.Duration.newBuilder()
                                .setSeconds(retryAfter.toSeconds())
                                .setNanos(retryAfter.toNanosPart()))
                        .build()))
                .build());
    }

    /** A part of the cluster does not answer; the caller may try again. */
    public static StatusRuntimeException unavailable(String message) {
        return Status.UNAVAILABLE.withDescription(message).asRuntimeException();
    }

    /** A status in one line, with the cause that gRPC would print as a stack trace. */
    public static String inOneLine(Status status) {
        StringBuilder line = new StringBuilder(status.getCode().name());
        if (status.getDescription() != null) {
            line.append(": ").append(status.getDescription());
        }
        if (status.getCause() != null && status.getCause().getMessage() != null) {
            line.append(": ").append(status.getCause().getMessage());
        }
        return line.toString().lines().findFirst().orElse(status.getCode().name());
    }

    /** Refuses work whose caller has stopped waiting. */
    public static void requireTimeLeft() {
        Deadline deadline = Context.current().getDeadline();
        if (deadline != null && deadline.isExpired()) {
            throw Status.DEADLINE_EXCEEDED
                    .withDescription("the deadline passed before the work began; nothing was done")
                    .asRuntimeException();
        }
    }
}
