package io.millrace.client;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A call that failed, with the gRPC status code and a message for people. */
public final class MillraceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Status.Code code;

    /** A failure that did not come from a call, such as a stream that was given up. */
    public MillraceException(Status.Code code, String message) {
        super(message);
        this.code = code;
    }

    private MillraceException(Status.Code code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    static MillraceException of(StatusRuntimeException e, String target) {
        return of(e.getStatus(), target, e);
    }

    static MillraceException of(Status status, String target, @Nullable Throwable cause) {
        String description = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        String message = switch (status.getCode()) {
            case UNAVAILABLE -> "no answer from " + target + ": " + reason(description, status.getCause());
            case DEADLINE_EXCEEDED -> target + " did not answer in time: " + description;
            default -> description;
        };
        return new MillraceException(status.getCode(), message, cause);
    }

    /** "io exception" is all that a failed connect says of itself; the cause says more. */
    private static String reason(String description, @Nullable Throwable cause) {
        return description.equals("io exception") && cause != null && cause.getMessage() != null
                ? cause.getMessage()
                : description;
    }

    /** What happened and what to do, as one line. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** Status code; {@link Status.Code#UNAVAILABLE} if nothing answered. */
    public Status.Code code() {
        return code;
    }
}
